import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import {
  createUnacknowledgedCounter,
  LATENCY_BUCKETS,
  METRICS,
  PulseCounter,
  SIZE_BUCKETS,
} from "../metrics/metrics.ts";
import { startAtZero } from "../metrics/start-at-zero.ts";

/** Why a request is refused, and why an event was not taken: values of labels. */
const REFUSALS = ["invalid", "unsupported", "unauthorized", "forbidden", "full", "unavailable", "refused"] as const;
const EMIT_FAILURES = ["unavailable", "refused"] as const;

/** What pulse-ingest counts. */
export function createIngestMetrics(registers: Registry[]) {
  return {
    accepted: new PulseCounter(registers, METRICS.accepted, "Pulses that the broker has taken."),
    rejected: startAtZero(
      new Counter({
        name: METRICS.rejected,
        help: "Requests that were refused, by reason.",
        labelNames: ["reason"],
        registers,
      }),
      "reason",
      REFUSALS,
    ),
    batchPulses: new Histogram({
      name: METRICS.emitBatch,
      help: "Pulses per event.",
      buckets: SIZE_BUCKETS,
      registers,
    }),
    emitLatency: new Histogram({
      name: METRICS.emitLatency,
      help: "Seconds until the broker had taken an event.",
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    emitErrors: startAtZero(
      new Counter({
        name: METRICS.emitErrors,
        help: "Tries to hand an event to the broker that failed.",
        labelNames: ["reason"],
        registers,
      }),
      "reason",
      EMIT_FAILURES,
    ),
    unacknowledged: createUnacknowledgedCounter(registers),
    inFlight: new Gauge({ name: METRICS.emitInFlight, help: "Events on their way to the broker.", registers }),
    queue: new Gauge({ name: METRICS.emitQueue, help: "Pulses that wait for a free slot.", registers }),
  };
}
export type IngestMetrics = ReturnType<typeof createIngestMetrics>;
