import { expect, it } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { HOUR_MS } from "../storage/tiers.ts";
import { type Memory, recall, remember, withoutGone } from "./memory.ts";
import type { TimelineState } from "./timeline.ts";

const MINUTE_MS = 60_000;
const RETENTION_MS = 30 * DAY_MS;
const WEEK_MS = 7 * DAY_MS;

it("what comes late finds a state before it at any time, so that little more than six times as much is judged again", () => {
  // Thursday, 0:00 UTC.
  const from = 3000 * WEEK_MS;
  let memory: Memory = [];
  const tooMuch: number[][] = [];
  for (let until = from; until < from + 36 * DAY_MS; until += MINUTE_MS) {
    const state: TimelineState = { judgedUntil: until, isSilent: false, runs: [] };
    memory = withoutGone(remember(memory, memory.at(-1), [state]), until - RETENTION_MS);
    expect(memory.length).toBeLessThan(16);
    for (const lateMs of [0, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS, DAY_MS, WEEK_MS, 22 * DAY_MS]) {
      const time = until - lateMs;
      if (time < from) break;
      const again = until - (recall(memory, time)?.judgedUntil ?? Number.NEGATIVE_INFINITY);
      if (again > lateMs + Math.min(5 * (lateMs + MINUTE_MS), WEEK_MS)) tooMuch.push([until, lateMs, again]);
    }
  }
  expect(tooMuch).toEqual([]);
});
