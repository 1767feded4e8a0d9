// How far apart a service's pulses usually are: one rule for a thousand a second, a heartbeat, bursts of minutes, an hourly batch
// and a nightly job.
//
// Pulses that follow each other within a cell (10 s) are one stretch; longer gaps are pauses. A pause is usual when pauses as long
// have filled a quarter of the recent past: of eight times their length, or of all that is known of the service. The usual period
// is the median of the longest pauses that are usual: three of them, or two of at least ten minutes, which are three nights of a
// nightly job. Two outages of an hour are no usual pause of a heartbeat of a minute: they do not fill a quarter of eight hours.
// Where no pause is usual, the period is that of the pulses themselves, once they have come without a pause for a minute.
//
// What was learnt stays until something else is. Nothing here knows the future, or the present silence.
import { CELL_MS, type HealthCell } from "./cell.ts";

/** From this period on a service is one that pulses seldom: its newest pulse decides. */
export const SELDOM_MS = 600_000;

/** What was learnt of a service. */
export interface LearntPeriod {
  usualMs: number;
  /** The longest that is still usual: the second longest of the pauses that count, at most twice the usual. */
  longestMs: number;
}

/** All that the learner remembers, as JSON. */
export interface PeriodState {
  /** Epoch ms of the first pulse. */
  first: number;
  /** The newest cell: its first and last pulse, and how many. */
  cell: [firstTime: number, lastTime: number, count: number];
  learnt?: LearntPeriod;
  /** By length: those from 10 s on, from 20 s, from 40 s, … The newest few of each. */
  pauses: Record<number, Pause[]>;
  /** The newest cells without a pause between them: from the first pulse of each to that of the next, and how many pulses. */
  pace: [ms: number, count: number][];
}

type Pause = [end: number, ms: number];

/** The recent past of pauses is so many times their length. */
const RECENT_PERIODS = 8;
/** The part of the recent past that usual pauses fill. */
const USUAL_SHARE = 1 / 4;
/** As many of one length are remembered: they fill the quarter, however short they are for their length. */
const REMEMBERED = 8;
const LEAST_PAUSES = 3;
const LEAST_LONG_PAUSES = 2;
/** Nothing is learnt of a service that is known for less. */
const LEAST_KNOWN_MS = 60_000;
/** A minute of cells. */
const PACE_CELLS = 6;

/** What is remembered once the pulses of a cell have come; the cells come in their order. */
export function learn(before: PeriodState | undefined, cell: HealthCell): PeriodState {
  const newest: PeriodState["cell"] = [cell.firstTime, cell.lastTime, cell.count];
  if (before === undefined) return { first: cell.firstTime, cell: newest, pauses: {}, pace: [] };
  const { first, pauses, cell: last } = before;
  const gap = cell.firstTime - last[1];
  const state: PeriodState = { first, cell: newest, pauses, pace: [] };
  if (gap < CELL_MS) state.pace = [...before.pace.slice(1 - PACE_CELLS), [cell.firstTime - last[0], last[2]]];
  else state.pauses = withPause(pauses, [cell.firstTime, gap]);
  const learnt = learntFrom(state) ?? before.learnt;
  return learnt === undefined ? state : { ...state, learnt };
}

function withPause(pauses: PeriodState["pauses"], pause: Pause): PeriodState["pauses"] {
  const size = Math.floor(Math.log2(pause[1] / CELL_MS));
  return { ...pauses, [size]: [...(pauses[size] ?? []).slice(1 - REMEMBERED), pause] };
}

function learntFrom({ first, cell: [now], pauses, pace }: PeriodState): LearntPeriod | undefined {
  if (now - first < LEAST_KNOWN_MS) return undefined;
  const sizes = Object.keys(pauses)
    .map(Number)
    .sort((a, b) => b - a);
  const candidates: Pause[] = [];
  for (const size of sizes) {
    candidates.push(...(pauses[size] ?? []));
    const below = CELL_MS * 2 ** (size + 1);
    const recent = candidates.filter(([end]) => end > now - RECENT_PERIODS * below).map(([, ms]) => ms);
    // A longer pause counts as one of this length: a single outage is no habit.
    const filled = recent.reduce((sum, ms) => sum + Math.min(ms, below), 0);
    if (filled < USUAL_SHARE * Math.min(RECENT_PERIODS * below, now - first)) continue;
    const learnt = learntOf(recent.sort((a, b) => a - b));
    const least = learnt.usualMs >= SELDOM_MS ? LEAST_LONG_PAUSES : LEAST_PAUSES;
    if (recent.length >= least) return learnt;
  }
  if (pace.length < PACE_CELLS) return undefined;
  const usualMs = pace.reduce((sum, [ms]) => sum + ms, 0) / pace.reduce((sum, [, count]) => sum + count, 0);
  return { usualMs, longestMs: usualMs };
}

function learntOf(sorted: readonly number[]): LearntPeriod {
  const usualMs = sorted[(sorted.length - 1) >> 1] as number;
  const second = sorted.at(-2) ?? usualMs;
  return { usualMs, longestMs: Math.min(Math.max(second, usualMs), 2 * usualMs) };
}
