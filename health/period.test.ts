import { describe, expect, it } from "vitest";
import { CELL_MS, HealthCells } from "./cell.ts";
import { type LearntPeriod, learn, type PeriodState } from "./period.ts";
import { every } from "./testing/judging.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** What is learnt of pulses at some seconds, in seconds. */
function learntFrom(times: readonly number[]): { usual: number; longest: number } | undefined {
  const { learnt } = stateFrom(times);
  return learnt && { usual: round(learnt.usualMs), longest: round(learnt.longestMs) };
}

const round = (ms: LearntPeriod["usualMs"]) => Math.round(ms * 1000) / 1_000_000;

function stateFrom(times: readonly number[]): PeriodState {
  const cells = new HealthCells();
  for (const time of times) cells.add(time * 1000, "ok");
  let state: PeriodState | undefined;
  for (const cell of cells.list()) state = learn(state, cell);
  return state as PeriodState;
}

const at = (seconds: number, from: number, to: number) => every(seconds, from, to, "ok").map(([time]) => time);
const bursts = (count: number, everySeconds: number, lasting: number, pace: number) =>
  Array.from({ length: count }, (_, i) => at(pace, i * everySeconds, i * everySeconds + lasting)).flat();

describe("the usual period", () => {
  it.each<[name: string, times: number[], usual: number, longest?: number]>([
    ["a thousand a second", at(0.001, 0, 70), 0.001],
    ["two a second", at(0.5, 0, 120), 0.5],
    ["a heartbeat of 10 s, whose pulses come now before and now after the end of a cell", at(9.9, 0, 300), 9.9],
    ["a heartbeat of a minute", at(60, 0, 600), 60],
    ["three nights", [0, DAY, 2 * DAY], DAY],
    [
      "nights whose job takes longer now and then",
      [0, DAY + 1800, 2 * DAY, 3 * DAY + 3600, 4 * DAY, 5 * DAY],
      DAY,
      DAY + 1800,
    ],
    ["three weeks", [0, 7 * DAY, 14 * DAY], 7 * DAY],
    ["an hourly batch of a thousand", bursts(4, HOUR, 5, 0.005), HOUR - 4.995],
    ["bursts of five minutes each hour", bursts(6, HOUR, 300, 1), HOUR - 299],
    ["bursts of 40 minutes each hour", bursts(12, HOUR, 2400, 7), HOUR - 2394],
    ["a service that sleeps at night", bursts(5, DAY, 10 * HOUR, 60), 14 * HOUR + 60],
  ])("of %s", (_, times, usual, longest = usual) => {
    expect(learntFrom(times)).toEqual({ usual, longest });
  });

  it.each<[name: string, times: number[]]>([
    ["one pulse", [0]],
    ["two nights", [0, DAY]],
    ["three pulses by hand within a minute", [0, 12, 40]],
    ["pulses by hand, now and then", [0, 10, HOUR]],
  ])("is not known of %s", (_, times) => {
    expect(learntFrom(times)).toBeUndefined();
  });

  it("stays what it is after an outage, and after two", () => {
    const twice = [...at(60, 0, 6 * HOUR), ...at(60, 7 * HOUR, 9 * HOUR), ...at(60, 10 * HOUR, 11 * HOUR)];
    expect(learntFrom(twice)?.usual).toBe(60);
  });

  it("becomes the new pace after three pulses of it, and a quicker one once the slower is long ago", () => {
    const slower = [...at(60, 0, HOUR), ...at(600, HOUR, 3 * HOUR)];
    expect(learntFrom(slower.slice(0, 62))?.usual).toBe(60);
    expect(learntFrom(slower.slice(0, 63))?.usual).toBe(600);
    expect(learntFrom([...slower, ...at(60, 3 * HOUR, 5 * HOUR)])?.usual).toBe(60);
  });

  it("needs few bytes, whatever came", () => {
    const state = stateFrom([...bursts(100, HOUR, 300, 1), ...at(17, 100 * HOUR, 110 * HOUR)]);
    expect(JSON.stringify(state).length).toBeLessThan(900);
    expect(state.cell[0] % 1000).toBe(0);
    expect(state.first).toBeLessThan(CELL_MS);
  });
});
