import { expect, it } from "vitest";
import { SMALL_BYTES } from "../../http/shedding.ts";
import { SlowDown } from "./slow-down.ts";

const greedy = () => "greedy";
const polite = () => "polite";

it("each client has its share of each second, for as long as the broker asks for less", () => {
  const slowDown = new SlowDown();
  expect(slowDown.admits(greedy, 10 * SMALL_BYTES, 0)).toBe(true);
  slowDown.begin(0, 1000);
  expect(slowDown.admits(greedy, SMALL_BYTES, 0)).toBe(true);
  expect(slowDown.admits(greedy, 1, 0)).toBe(false);
  expect(slowDown.admits(polite, 500, 0)).toBe(true);
  expect(slowDown.admits(greedy, SMALL_BYTES / 2, 500)).toBe(true);
  expect(slowDown.admits(greedy, 1000, 500)).toBe(false);
  expect(slowDown.admits(greedy, 10 * SMALL_BYTES, 1000)).toBe(true);
});

it("a body that is larger than the share is taken, and the next one waits for longer", () => {
  const slowDown = new SlowDown();
  slowDown.begin(0, 60_000);
  expect(slowDown.admits(greedy, 3 * SMALL_BYTES, 0)).toBe(true);
  expect(slowDown.admits(greedy, 100, 1999)).toBe(false);
  expect(slowDown.admits(greedy, 100, 2001)).toBe(true);
});
