import { describe, expect, it } from "vitest";
import { HealthCells } from "./cell.ts";
import { type Lags, noteArrival, usualLag } from "./lag.ts";
import { type Memory, neededFrom, recall, remember } from "./memory.ts";
import { START } from "./testing/judging.ts";
import { judge } from "./timeline.ts";

const MINUTE = 60_000;

/** Looks every 10 s at what has come of pulses, each of which has a time and arrives at another; tells what it says each time. */
function watch(pulses: readonly { time: number; arrival: number }[], until: number): { at: number; health: string }[] {
  const changes: { at: number; health: string }[] = [];
  const known: number[] = [];
  let memory: Memory = [];
  let lags: Lags = [];
  for (let now = START; now <= until; now += 10_000) {
    const come = pulses.filter(({ arrival }) => arrival > now - 10_000 && arrival <= now).map(({ time }) => time);
    const newer = come.filter((time) => time > Math.max(0, ...known));
    if (newer.length > 0) lags = noteArrival(lags, { oldest: Math.min(...newer), seenAt: now });
    known.push(...come);
    const state = recall(memory, Math.min(now, ...come));
    const cells = new HealthCells();
    for (const time of known) if (time >= neededFrom(state)) cells.add(time, "ok");
    const judged = judge({ settings: {}, state, cells: cells.list(), until: now - usualLag(lags) });
    memory = remember(memory, state, judged.states);
    const health = judged.runs.at(-1)?.health;
    if (health !== undefined && health !== changes.at(-1)?.health) changes.push({ at: (now - START) / MINUTE, health });
  }
  return changes;
}

describe("the usual lag", () => {
  it("of a sender that hands in ten minutes at once keeps it from being late, after three times", () => {
    const pulses = Array.from({ length: 600 }, (_, i) => {
      const time = START + i * 10_000;
      return { time, arrival: START + (Math.floor(i / 60) + 1) * 10 * MINUTE };
    });
    const changes = watch(pulses, START + 100 * MINUTE);
    expect(changes.map(({ health }) => health)).toEqual(["up", "late", "up", "late", "up"]);
    expect(changes.at(-1)?.at).toBeCloseTo(30, 0);
  });

  it("lets a silent one be late all the same, so much later", () => {
    const pulses = Array.from({ length: 240 }, (_, i) => {
      return { time: START + i * 10_000, arrival: START + (Math.floor(i / 60) + 1) * 10 * MINUTE };
    });
    expect(watch(pulses, START + 70 * MINUTE).at(-1)).toEqual({ at: expect.closeTo(51.5, 0), health: "late" });
  });

  it("of a sender whose clock is 20 min behind is that, and it is not silent", () => {
    const pulses = Array.from({ length: 60 }, (_, i) => {
      const arrival = START + i * MINUTE;
      return { time: arrival - 20 * MINUTE, arrival };
    });
    const changes = watch(pulses, START + 60 * MINUTE);
    expect(changes.at(-1)?.health).toBe("up");
    expect(changes.every(({ at }) => at < 5)).toBe(true);
    expect(usualLag([20 * MINUTE, 20 * MINUTE, 20 * MINUTE])).toBe(20 * MINUTE);
  });

  it("is none for pulses that come at once, nor after two long waits, and at most an hour", () => {
    expect(usualLag([])).toBe(0);
    expect(usualLag([2000, 12_000, 9000, 30_000])).toBe(0);
    expect(usualLag([2000, 10 * MINUTE, 9000, 10 * MINUTE])).toBe(0);
    expect(usualLag([600 * MINUTE, 600 * MINUTE, 600 * MINUTE])).toBe(60 * MINUTE);
    expect(
      Array.from({ length: 20 }).reduce<Lags>((lags) => noteArrival(lags, { oldest: 0, seenAt: 5 }), []),
    ).toHaveLength(8);
  });
});
