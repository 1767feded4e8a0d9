// How long after their time a service's pulses come. What is judged does not depend on it, only when: of a sender that hands in ten
// minutes at once, or whose clock is behind, silence tells nothing until its pulses would have come. The cause names the clock.
import { duration } from "./cause.ts";

/**
 * Of the newest arrivals, how long after its time the oldest pulse of each came at least, in ms; or the newest pulse of each. Empty
 * where all came at once, or nobody saw them come.
 */
export type Lags = readonly number[];

const REMEMBERED = 8;
/** As with the usual period: what happens three times is usual, such as a queue that is emptied once is not. */
const USUAL = 3;
/** Less is the way of a pulse through PulseMesh. */
const TOLERATED_MS = 30_000;
const MINUTE_MS = 60_000;
const ROUNDED_FROM_MS = 2 * MINUTE_MS;
/** Nobody waits longer for the pulses of a service before it is late. */
const MAX_LAG_MS = 3_600_000;

/** Remembers the first arrival of a service. A file of hours or days tells nothing of how it will send. */
export function firstArrival(lagMs: number): Lags {
  return lagMs > MAX_LAG_MS ? [] : [Math.max(0, lagMs)];
}

/** Remembers one more arrival. */
export function noteArrival(lags: Lags, lagMs: number): Lags {
  return withNewest(lags.length === 0 ? [0] : lags, Math.max(0, lagMs));
}

/**
 * How long after their time the pulses of a service usually come, in ms; 0 where they come at once. Of a service that is new, the
 * arrivals so far tell it, as long as each of them came late.
 */
export function usualLag(lags: Lags): number {
  const lag = lags.toSorted((a, b) => b - a)[Math.min(USUAL, lags.length) - 1] ?? 0;
  return lag <= TOLERATED_MS ? 0 : Math.min(lag, MAX_LAG_MS);
}

/**
 * Remembers how late the newest pulse of an arrival came, as long as each of them comes late: one that comes at once has a clock
 * that is right.
 */
export function noteNewest(lags: Lags, lagMs: number): Lags {
  return lagMs <= TOLERATED_MS ? [] : withNewest(lags, lagMs);
}

function withNewest(lags: Lags, lagMs: number): Lags {
  return [...lags.slice(1 - REMEMBERED), lagMs];
}

/** How far a service's clock is behind, in ms, by what `noteNewest` remembers; 0 where nothing says so. */
export function clockLag(newest: Lags): number {
  return newest.length < USUAL ? 0 : Math.min(...newest);
}

/** A cause that also names a clock that is so far behind, in ms. */
export function withClock(cause: string, behindMs: number): string {
  if (behindMs === 0) return cause;
  // What is seen is less than it is by up to ten seconds.
  const about = duration(behindMs < ROUNDED_FROM_MS ? behindMs : Math.round(behindMs / MINUTE_MS) * MINUTE_MS);
  return `${cause}; its pulses come ${about} after their times: its clock is behind, or they wait on their way`;
}
