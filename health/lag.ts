// How long after their time a service's pulses come. What is judged does not depend on it, only when: of a sender that hands in ten
// minutes at once, or whose clock is behind, silence tells nothing until its pulses would have come.

/** Of the newest arrivals, how long after its time the oldest pulse of each came at least, in ms. */
export type Lags = readonly number[];

const REMEMBERED = 8;
/** As with the usual period: what happens three times is usual, such as a queue that is emptied once is not. */
const USUAL = 3;
/** Less is the way of a pulse through PulseMesh. */
const TOLERATED_MS = 30_000;
/** Nobody waits longer for the pulses of a service before it is late. */
const MAX_LAG_MS = 3_600_000;

/** Remembers an arrival. */
export function noteArrival(lags: Lags, lagMs: number): Lags {
  return [...lags.slice(1 - REMEMBERED), Math.max(0, lagMs)];
}

/** How long after their time the pulses of a service usually come, in ms; 0 where they come at once. */
export function usualLag(lags: Lags): number {
  const lag = lags.toSorted((a, b) => b - a)[USUAL - 1] ?? 0;
  return lag <= TOLERATED_MS ? 0 : Math.min(lag, MAX_LAG_MS);
}
