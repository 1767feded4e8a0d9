import { Histogram, type Registry } from "prom-client";
import { DELIVERY_BUCKETS, SIZE_BUCKETS } from "../metrics/buckets.ts";
import { createLabelledCounter, createUnacknowledgedCounter } from "../metrics/counters.ts";
import { gauge } from "../metrics/gauges.ts";
import { METRICS } from "../metrics/names.ts";
import { PulseCounter } from "../metrics/pulse-counter.ts";
import type { Traffic } from "./departure.ts";

const REJECT_REASONS = [
  "invalid",
  "partial",
  "partial-services",
  "unsupported",
  "unauthorized",
  "forbidden",
  "full",
  "too-large",
  "services",
  "unavailable",
  "refused",
] as const;
/**
 * Why a request was refused; `partial`: for a part of it, while the rest was accepted; `partial-services`: as `services`, for a
 * part of it.
 */
export type RejectReason = (typeof REJECT_REASONS)[number];

/** What pulse-ingest counts. */
export function createIngestMetrics(registers: Registry[]) {
  return {
    accepted: new PulseCounter(registers, METRICS.accepted, "Pulses that the broker has taken."),
    rejected: createLabelledCounter({
      name: METRICS.rejected,
      help: "Requests that were refused, or in part, by reason.",
      label: "reason",
      values: [...REJECT_REASONS],
      registers,
    }),
    batchPulses: new Histogram({
      name: METRICS.emitBatch,
      help: "Pulses per event.",
      buckets: SIZE_BUCKETS,
      registers,
    }),
    emitLatency: new Histogram({
      name: METRICS.emitLatency,
      help: "Seconds until the broker had taken an event.",
      buckets: DELIVERY_BUCKETS,
      registers,
    }),
    emitErrors: createLabelledCounter({
      name: METRICS.emitErrors,
      help: "Tries to hand an event to the broker that failed.",
      label: "reason",
      values: ["unavailable", "refused"],
      registers,
    }),
    unacknowledged: createUnacknowledgedCounter(registers),
  };
}
export type IngestMetrics = ReturnType<typeof createIngestMetrics>;

/** Gauges what waits and what is in flight. */
export function gaugeTraffic(registers: Registry[], traffic: Readonly<Traffic>): void {
  gauge(registers, METRICS.emitInFlight, "Events on their way to the broker.", () => traffic.inFlight);
  gauge(registers, METRICS.emitQueue, "Pulses that wait for a free slot.", () => traffic.waitingPulses);
}
