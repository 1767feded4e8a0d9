import { MAX_LATENCY_MS } from "../../events/pulse.ts";

/** Seconds, from a local fsync to a patient client. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Seconds until an event is delivered: its last try may come hours after the first. */
export const DELIVERY_BUCKETS = [...LATENCY_BUCKETS, 30, 60, 300, 1800, 10_800];

/** Pulses in an event, or rows in a batch. */
export const SIZE_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/**
 * Seconds, from a cache's millisecond to the largest latency that a pulse may report. A quantile above the last bound
 * would show as that bound.
 */
export const REPORTED_LATENCY_BUCKETS = [
  ...[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
  MAX_LATENCY_MS / 1000,
];
