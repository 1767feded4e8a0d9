// Alerts fire and panels turn red at the same numbers, and a test holds the runbook to them.

/** The share of requests to pulse-ingest that may fail for reasons other than the client. */
export const INGEST_BUDGET = 0.001;
/** This multiple of the budget spends a month's budget in two days. */
export const FAST_BURN = 14.4;

/** The share of failed requests that spends the budget so many times as fast as it may be spent. */
export function burnLimit(factor: number): number {
  return Number((factor * INGEST_BUDGET).toPrecision(6));
}

export const THRESHOLDS = {
  /** So long after its last judgement pulse-health is away. */
  judgedSeconds: 120,
  /** More changes of a service's health in an hour are flapping, as the API says (health/incidents.ts). */
  flaps: 4,
  flapSeconds: 3600,
  /** Of a service's pulses of an hour: so many times the usual share are down or degraded, and {@link badMore} besides. */
  badFactor: 3,
  badMore: 0.01,
  /** Fewer bad pulses in an hour say nothing. */
  badPulses: 10,
  /** The p95 of an hour is so many times the usual, and {@link slowMoreSeconds} besides. */
  slowFactor: 2,
  slowMoreSeconds: 0.02,
  /** A p95 of fewer pulses in an hour is a guess. */
  slowPulses: 100,
  /** From accepted to stored. Users do not notice less. */
  lagSeconds: 5,
  /** So many of all events must keep {@link lagSeconds}. */
  lagQuantile: 0.95,
  /** The share of batches. */
  storeFailures: 0.05,
  /** The share of an hour's pulses. Prometheus reads two processes at different times, and a killed process takes its last counts along. */
  unaccounted: 0.01,
  restarts: 3,
  restartSeconds: 900,
  /** Of a store's room. */
  freeShare: 0.1,
  /** Of a store's room, when it is on the way to fill within {@link fillSeconds}. */
  freeShareWhileFilling: 0.5,
  fillSeconds: 4 * 86_400,
} as const;
