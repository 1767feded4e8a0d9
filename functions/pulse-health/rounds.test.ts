import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, expect, it, vi } from "vitest";
import { CELL_MS } from "../../health/cell.ts";
import { Rounds } from "./rounds.ts";

// Its waits move the clock that the tests hand in.
vi.mock("node:timers/promises");

const SETTLE_MS = 3000;
const START = 1_000_000 * CELL_MS;
let now = START;

beforeEach(() => {
  now = START;
  vi.mocked(delay).mockImplementation(async (ms = 0) => {
    now += ms;
  });
});

/** Does rounds of so many ms each, the first of them a second after a cell began: when each of them begins, in s after that. */
async function beginningsOf(
  durationsMs: number[],
  { failing = -1 } = {},
): Promise<{ at: number[]; failures: unknown[] }> {
  now = START + 1000;
  const at: number[] = [];
  const failures: unknown[] = [];
  await new Promise<void>((resolve) => {
    const rounds: Rounds = new Rounds({
      round: async () => {
        const i = at.push((now - START) / 1000) - 1;
        now += durationsMs[i] as number;
        if (i === durationsMs.length - 1) void Promise.resolve().then(() => rounds.stop().then(resolve));
        if (i === failing) throw new Error("away");
      },
      settleMs: SETTLE_MS,
      now: () => now,
      onFailure: (error) => failures.push(error),
    });
  });
  return { at, failures };
}

it("a round begins at once, and then three seconds after the end of each cell: every ten seconds", async () => {
  expect((await beginningsOf([100, 2000, 9999, 0, 100])).at).toEqual([1, 3, 13, 23, 33]);
});

it("a round that takes longer leaves out those that would have begun meanwhile, and none begins beside it", async () => {
  expect((await beginningsOf([100, 25_000, 10_000, 100])).at).toEqual([1, 3, 33, 53]);
});

it("a round that fails is told, and the next one begins in its time", async () => {
  const { at, failures } = await beginningsOf([100, 100, 100, 100], { failing: 1 });
  expect(at).toEqual([1, 3, 13, 23]);
  expect(failures).toEqual([new Error("away")]);
});
