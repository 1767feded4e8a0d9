import { Histogram, type Registry } from "prom-client";
import { LATENCY_BUCKETS, SIZE_BUCKETS } from "./buckets.ts";
import { createLabelledCounter } from "./counters.ts";
import { METRICS } from "./names.ts";

/** What every function with a store counts of the store's batches. */
export function createStoreMetrics(registers: Registry[]) {
  return {
    batchRows: new Histogram({ name: METRICS.storeBatch, help: "Rows per batch.", buckets: SIZE_BUCKETS, registers }),
    latency: new Histogram({
      name: METRICS.storeLatency,
      help: "Seconds the store took for a batch.",
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    errors: createLabelledCounter({
      name: METRICS.storeErrors,
      help: "Batches that were not stored, by outcome.",
      label: "outcome",
      values: ["retry", "rejected", "defect"],
      registers,
    }),
  };
}
