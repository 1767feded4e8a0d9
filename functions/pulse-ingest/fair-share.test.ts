import { expect, it } from "vitest";
import type { Chunk } from "./chunks.ts";
import { type Claimant, takeFairly } from "./fair-share.ts";

const chunk = (client: string, bytes: number): Chunk<Claimant> => ({
  request: { client: () => client, isPassedOver: false },
  pulses: 1,
  bytes,
  encoded: [],
  single: undefined,
});
const named = (chunks: readonly Chunk<Claimant>[]) =>
  chunks.map(({ request, bytes }) => `${request.client()} ${bytes}`);

it("all that fit leave together, the oldest first, and nobody asks whose they are", () => {
  const waiting = [chunk("a", 300), chunk("b", 100)];
  for (const { request } of waiting) request.client = () => expect.fail("asked");
  const [first, second] = waiting;
  expect(takeFairly(waiting, 1000)).toEqual([first, second]);
  expect(waiting).toEqual([]);
});

it("of more than fit those of clients with little leave first", () => {
  const waiting = [...Array.from({ length: 5 }, () => chunk("greedy", 400)), chunk("polite", 100), chunk("other", 200)];
  expect(named(takeFairly(waiting, 1000))).toEqual(["polite 100", "other 200", "greedy 400"]);
  expect(named(waiting)).toEqual(Array(4).fill("greedy 400"));
});

it("what leaves no room for others is passed over once, and leaves with the next event", () => {
  const waiting = [chunk("greedy", 930), chunk("greedy", 930), chunk("polite", 100)];
  expect(named(takeFairly(waiting, 1000))).toEqual(["polite 100"]);
  waiting.push(chunk("polite", 100));
  expect(named(takeFairly(waiting, 1000))).toEqual(["greedy 930"]);
  expect(named(takeFairly(waiting, 1000))).toEqual(["polite 100"]);
});

it("one client's chunks keep their order", () => {
  const waiting = [chunk("a", 600), chunk("a", 500), chunk("a", 100)];
  expect(named(takeFairly(waiting, 1000))).toEqual(["a 600"]);
  expect(named(waiting)).toEqual(["a 500", "a 100"]);
});
