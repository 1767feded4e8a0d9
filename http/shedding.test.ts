import { expect, it } from "vitest";
import { firstToShed, type Sheddable } from "./shedding.ts";

const KB = 1024;
const body = (client: string, kilobytes: number, behindMs = 0): Sheddable => ({
  client,
  bytes: kilobytes * KB,
  behindMs,
});
/** The place of the body that gives way. */
const shed = (...bodies: Sheddable[]) => bodies.indexOf(firstToShed(bodies));

it("the client that takes most gives way, also in many bodies, and not the newcomer", () => {
  expect(shed(body("greedy", 3000), body("polite", 1000))).toBe(0);
  expect(shed(body("greedy", 900), body("greedy", 900), body("polite", 1000))).toBe(1);
});

it("of one client's bodies a large one gives way to small ones, which alone give way to each other", () => {
  expect(shed(body("a", 3000), body("a", 3000), body("a", 1))).toBe(1);
  expect(shed(body("a", 60), body("a", 60), body("a", 1))).toBe(2);
  // Another client's large one stays where small ones are more together.
  expect(shed(body("a", 60), body("b", 100), body("a", 60))).toBe(2);
});

it("of large ones the newest gives way, so that the oldest comes to its end, but a stalled one before it", () => {
  expect(shed(body("a", 3000), body("a", 500), body("a", 70))).toBe(2);
  expect(shed(body("a", 3000, 4000), body("a", 500, 5000), body("a", 70))).toBe(1);
  expect(shed(body("a", 3000, 900), body("a", 500))).toBe(1);
});
