import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HealthRun } from "../events/health-run.ts";
import { floorTo, HOUR_MS } from "../storage/tiers.ts";
import { CELL_MS, HealthCells } from "./cell.ts";
import { type Memory, neededFrom, recall, remember } from "./memory.ts";
import { START } from "./testing/judging.ts";
import { judge, withJudged } from "./timeline.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_207 });

type Pulse = readonly [time: number, status: string];

const status = fc.constantFrom("ok", "ok", "ok", "slow", "503", "timeout", "strange");
/** Stretches of a pace each, of one status or many. */
const stretch = fc.record({
  pauseMs: fc.constantFrom(0, 7000, 100_000, HOUR_MS, 26 * HOUR_MS),
  stepMs: fc.constantFrom(200, 3000, 10_000, 31_000, 60_000, 1_000_000, 24 * HOUR_MS),
  statuses: fc.array(status, { minLength: 1, maxLength: 30 }),
});
const pulses = fc.array(stretch, { minLength: 1, maxLength: 6 }).map((stretches) => {
  let time = START;
  const all: Pulse[] = [];
  for (const { pauseMs, stepMs, statuses } of stretches) {
    time += pauseMs;
    for (const one of statuses) {
      time += stepMs;
      all.push([time, one]);
    }
  }
  return all;
});

/** What is stored, and a keeper's work on it. */
class Keeper {
  readonly #stored: readonly Pulse[];
  #memory: Memory = [];
  runs: HealthRun[] = [];

  constructor(stored: readonly Pulse[]) {
    this.#stored = stored;
  }

  /** Judges until a time, after pulses from a time on have changed. */
  goOn(unchangedUntil: number, until: number): void {
    const state = recall(this.#memory, unchangedUntil);
    const cells = new HealthCells();
    const from = neededFrom(state);
    for (const [time, one] of this.#stored) if (time >= from) cells.add(time, one);
    const judged = judge({ settings: {}, state, cells: cells.list(), until });
    // As JSON, as a store keeps it.
    this.#memory = JSON.parse(JSON.stringify(remember(this.#memory, state, judged.states))) as Memory;
    this.runs = withJudged(state === undefined ? [] : this.runs, judged);
  }

  restart(): void {
    this.#memory = [];
  }
}

function runsFromNothing(all: readonly Pulse[], until: number): HealthRun[] {
  const keeper = new Keeper(all);
  keeper.goOn(0, until);
  return keeper.runs;
}

describe("a timeline", () => {
  it("is the same from nothing, in steps, after restarts, and when pulses come late and in any order", () => {
    const steps = fc.array(fc.record({ lateBy: fc.nat(400), restarts: fc.boolean() }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(pulses, steps, fc.nat(30 * HOUR_MS), (all, plan, restMs) => {
        const end = (all.at(-1) as Pulse)[0] + restMs;
        const stored: Pulse[] = [];
        const keeper = new Keeper(stored);
        let waiting = all.map((pulse, i) => ({ pulse, step: plan[i % plan.length] as (typeof plan)[number], i }));
        let unchangedUntil = 0;
        for (let turn = 0; waiting.length > 0; turn++) {
          const come = waiting.filter(({ step, i }) => i + step.lateBy <= turn * 5);
          waiting = waiting.filter((one) => !come.includes(one));
          if (come.length === 0 && waiting.length > 0) continue;
          // What came last comes first.
          for (const { pulse } of come.toReversed()) stored.push(pulse);
          unchangedUntil = Math.min(unchangedUntil, ...come.map(({ pulse: [time] }) => time));
          if (come.some(({ step }) => step.restarts)) keeper.restart();
          const until = Math.min(end, Math.max(...stored.map(([time]) => time)) + 30_000);
          keeper.goOn(unchangedUntil, until);
          unchangedUntil = floorTo(CELL_MS, until);
        }
        keeper.goOn(unchangedUntil, end);
        expect(keeper.runs).toEqual(runsFromNothing(all, end));
      }),
      { numRuns: 60 },
    );
  });

  it("is the same in steps where a state lasts only seconds", () => {
    const all = Array.from({ length: 1200 }, (_, i): Pulse => [START + i * 100, i >= 600 && i < 625 ? "503" : "ok"]);
    const keeper = new Keeper(all);
    for (let until = START + CELL_MS; until <= START + 120_000; until += CELL_MS) keeper.goOn(until - CELL_MS, until);
    expect(keeper.runs.map(({ health, since }) => [health, since - START])).toEqual([
      ["up", 0],
      ["degraded", 60_000],
      ["up", 62_400],
    ]);
    expect(keeper.runs).toEqual(runsFromNothing(all, START + 120_000));
  });

  it("has runs that follow each other, none of which is known before it began or has the health of the one before", () => {
    fc.assert(
      fc.property(pulses, fc.nat(60 * HOUR_MS), (all, restMs) => {
        const runs = runsFromNothing(all, (all.at(-1) as Pulse)[0] + restMs);
        for (const [i, run] of runs.entries()) {
          const before = runs[i - 1];
          expect(run.confirmedAt).toBeGreaterThanOrEqual(run.since);
          if (before === undefined) continue;
          expect(run.since).toBeGreaterThan(before.since);
          expect(run.health).not.toBe(before.health);
        }
      }),
      { numRuns: 60 },
    );
  });
});
