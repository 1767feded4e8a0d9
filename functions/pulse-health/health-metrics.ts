import type { Registry } from "prom-client";
import { createUnacknowledgedCounter } from "../metrics/counters.ts";
import { METRICS } from "../metrics/names.ts";
import { PulseCounter } from "../metrics/pulse-counter.ts";

/** Counts PulseMesh's own pulses as pulse-ingest counts all others. Without these counts the ledger would not add up. */
export function createHealthMetrics(registers: Registry[]) {
  return {
    accepted: new PulseCounter(registers, METRICS.accepted, "Pulses that the broker has taken."),
    unacknowledged: createUnacknowledgedCounter(registers),
  };
}
export type HealthMetrics = ReturnType<typeof createHealthMetrics>;
