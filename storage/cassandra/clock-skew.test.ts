import { types } from "cassandra-driver";
import { expect, it, vi } from "vitest";
import { ClockSkew } from "./clock-skew.ts";
import type { CassandraSession } from "./session.ts";

/** A node whose clock is ahead, and whose answers take 40 ms. */
function openSkew(aheadMs: () => number) {
  let now = 1000;
  const execute = vi.fn(async () => {
    now += 20;
    const rows = [{ now: types.Long.fromNumber(now + aheadMs()) }];
    now += 20;
    return { rows };
  });
  const session = {
    attempt: (work: (ready: object) => unknown) => work({ client: { execute }, bucketMs: 1 }),
  } as unknown as CassandraSession;
  return { skew: new ClockSkew(session, () => now), execute };
}

it("sees by how much the clock of a node is ahead or behind, whatever its answer takes", async () => {
  let aheadMs = 5000;
  const { skew } = openSkew(() => aheadMs);
  await skew.ask();
  expect(skew.seconds).toBe(5);
  aheadMs = -250;
  await skew.ask();
  expect(skew.seconds).toBe(-0.25);
});

it("asks with a look, at most twice a minute", async () => {
  const { skew, execute } = openSkew(() => 0);
  expect(skew.seconds).toBeUndefined();
  await vi.waitFor(() => expect(skew.seconds).toBe(0));
  expect(execute).toHaveBeenCalledTimes(1);
});
