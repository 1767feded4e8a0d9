// What is remembered of a service's timeline: the newest state, and few older ones, so that a late pulse makes only what came after
// it be judged again. It is a help, and no truth: without it the timeline begins with the first pulse, and says the same.
import { DAY_MS } from "../events/time.ts";
import type { KeptMemory } from "../storage/health-ports.ts";
import { floorTo, HOUR_MS } from "../storage/tiers.ts";
import { CELL_MS } from "./cell.ts";
import { clockLag, type Lags, usualLag } from "./lag.ts";
import type { LearntPeriod } from "./period.ts";
import { type Judgement, LOOKBACK_MS, type TimelineState } from "./timeline.ts";

/** States of one service, the newest last. */
export type Memory = readonly TimelineState[];

/** What is kept of a service between two processes. */
export interface KeptState {
  states: Memory;
  /** Epoch ms: no pulse before it comes without a mark. */
  settledUntil: number;
  /** By the beginning of their hour. */
  marks: [hour: number, mark: string][];
  /** Absent in what former builds kept. */
  lags?: Lags;
  /** Absent there, too. */
  newestLags?: Lags;
}

/** What a store keeps. */
export function memoryOf(state: KeptState, judgedUntil: number): KeptMemory {
  return { judgedUntil, state: JSON.stringify(state) };
}

/** What `memoryOf` was made of. */
export function stateOf({ state }: KeptMemory): KeptState {
  return JSON.parse(state) as KeptState;
}

/** The usual period that was learnt of a service when it was last remembered. */
export function learntPeriodOf(kept: KeptMemory): LearntPeriod | undefined {
  return stateOf(kept).states.at(-1)?.period?.learnt;
}

/** Epoch ms of the newest pulse of a service when it was last remembered. */
export function newestPulseOf(kept: KeptMemory): number | undefined {
  return stateOf(kept).states.at(-1)?.period?.cell[1];
}

/** How late a service's pulses came when it was last remembered, in ms: usually; and each of them, as if its clock were behind. */
export function lagsOf(kept: KeptMemory | undefined): { usualMs: number; clockMs: number } {
  const { lags = [], newestLags = [] } = kept === undefined ? {} : stateOf(kept);
  return { usualMs: usualLag(lags), clockMs: clockLag(newestLags) };
}

/** Of each such stretch of time, the last state before the newest one began is kept. */
const STEPS_MS: readonly number[] = [60_000, 600_000, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS];

/**
 * What to remember once a timeline has gone on.
 * @param from the state of the memory that it went on from; those that came after it are out of date
 * @param states those that followed it, the newest last
 */
export function remember(memory: Memory, from: TimelineState | undefined, states: Judgement["states"]): Memory {
  const all = [...memory.slice(0, from === undefined ? 0 : memory.indexOf(from) + 1), ...states];
  const newest = all.at(-1) as TimelineState;
  const kept = STEPS_MS.map((stepMs) => stateBefore(all, floorTo(stepMs, newest.judgedUntil)));
  return all.filter((state) => state === newest || kept.includes(state));
}

/** The state from which to go on where all that is unchanged lies before a time (epoch ms); `undefined`: from nothing. */
export function recall(memory: Memory, unchangedUntil: number): TimelineState | undefined {
  return stateBefore(memory, floorTo(CELL_MS, unchangedUntil));
}

/** From when on (epoch ms) cells are needed to go on from a state. */
export function neededFrom(state: TimelineState | undefined): number {
  return state === undefined ? Number.NEGATIVE_INFINITY : state.judgedUntil - LOOKBACK_MS;
}

function stateBefore(states: Memory, time: number): TimelineState | undefined {
  return states.findLast(({ judgedUntil }) => judgedUntil <= time);
}
