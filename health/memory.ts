// What is remembered of a service's timeline: the newest state, and few older ones, so that a late pulse makes only what came after
// it be judged again. It is a help, and no truth: without it the timeline begins with the first pulse, and says the same. Where the
// first pulses are gone, it goes on from what is kept (resume.ts).
import { DAY_MS } from "../events/time.ts";
import type { KeptMemory } from "../storage/health-ports.ts";
import { floorTo, TIERS } from "../storage/tiers.ts";
import { CELL_MS } from "./cell.ts";
import { clockLag, type Lags, usualLag } from "./lag.ts";
import { OlderState } from "./older-state.ts";
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

/** Between two states lies at most so many times the age of the newer one and a minute… */
const AGES_APART = 5;
/** …and no more than this. */
const MOST_APART_MS = 7 * DAY_MS;

/**
 * What to remember once a timeline has gone on: of all that comes late, little more than six times as much as it is late by is judged
 * again. These are some twelve states of a month.
 * @param from the state of the memory that it went on from; those that came after it are out of date
 * @param states those that followed it, the newest last
 */
export function remember(memory: Memory, from: TimelineState | undefined, states: Judgement["states"]): Memory {
  const all = [...memory.slice(0, from === undefined ? 0 : memory.indexOf(from) + 1), ...states];
  const newest = all.at(-1) as TimelineState;
  const kept: TimelineState[] = [];
  for (const [i, state] of all.entries()) {
    const [before, after] = [kept.at(-1), all[i + 1]];
    if (before !== undefined && after !== undefined) {
      const ageMs = newest.judgedUntil - after.judgedUntil + TIERS.minute;
      if (after.judgedUntil - before.judgedUntil <= Math.min(AGES_APART * ageMs, MOST_APART_MS)) continue;
    }
    kept.push(after === undefined ? state : olderOf(state));
  }
  // What has grown has room for more.
  return kept.slice();
}

function olderOf(state: TimelineState): OlderState {
  if (!(state instanceof OlderState)) return new OlderState(state);
  state.pack();
  return state;
}

/** What is left where the pulses before a time (epoch ms) are gone. The newest state needs none of them. */
export function withoutGone(memory: Memory, horizon: number): Memory {
  const isOfUse = (state: TimelineState) => neededFrom(state) >= horizon || state === memory.at(-1);
  return memory.every(isOfUse) ? memory : memory.filter(isOfUse);
}

/** The state from which to go on where all that is unchanged lies before a time (epoch ms); `undefined`: from nothing. */
export function recall(memory: Memory, unchangedUntil: number): TimelineState | undefined {
  const time = floorTo(CELL_MS, unchangedUntil);
  return memory.findLast(({ judgedUntil }) => judgedUntil <= time);
}

/** From when on (epoch ms) cells are needed to go on from a state. */
export function neededFrom(state: TimelineState | undefined): number {
  return state === undefined ? Number.NEGATIVE_INFINITY : state.judgedUntil - LOOKBACK_MS;
}
