// The names are a contract: dashboards and rules are built from them.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { HEALTHS, type Health, healthOf } from "../../events/health.ts";
import type { Pulse } from "../../events/pulse.ts";
import { startAtZero } from "./start-at-zero.ts";

export const METRICS = {
  requests: "pulsemesh_requests_total",
  requestLatency: "pulsemesh_request_latency_seconds",
  accepted: "pulsemesh_pulses_accepted_total",
  rejected: "pulsemesh_pulses_rejected_total",
  emitBatch: "pulsemesh_emit_batch_pulses",
  emitLatency: "pulsemesh_emit_latency_seconds",
  emitErrors: "pulsemesh_emit_errors_total",
  emitInFlight: "pulsemesh_emit_in_flight",
  emitQueue: "pulsemesh_emit_queue_pulses",
  emitUnacknowledged: "pulsemesh_emit_unacknowledged_pulses_total",
  pulseLatency: "pulsemesh_pulse_latency_seconds",
  stored: "pulsemesh_pulses_stored_total",
  storedAgain: "pulsemesh_pulses_stored_again_total",
  lastPulse: "pulsemesh_last_pulse_timestamp_seconds",
  deliveryLag: "pulsemesh_delivery_lag_seconds",
  storeBatch: "pulsemesh_store_batch_rows",
  storeLatency: "pulsemesh_store_latency_seconds",
  storeErrors: "pulsemesh_store_errors_total",
  storeQueue: "pulsemesh_store_queue_rows",
  storeUsedBytes: "pulsemesh_store_used_bytes",
  storeFreeBytes: "pulsemesh_store_free_bytes",
  cassandraNodes: "pulsemesh_cassandra_nodes",
  deadLetters: "pulsemesh_dead_letters_total",
  deadLettersReplayed: "pulsemesh_dead_letters_replayed_total",
  deadLetterPulses: "pulsemesh_dead_letter_pulses_total",
  deadLetterPulsesReplayed: "pulsemesh_dead_letter_pulses_replayed_total",
  startSeconds: "pulsemesh_start_seconds",
} as const;

export const MAX_SERVICE_LABELS = 1000;
export const OTHER_SERVICES = "_other";

/** Seconds: a local fsync to a patient client. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
export const SIZE_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** Bounds the values of the label `service`: the first 1,000 names count for themselves, the rest as `_other`. */
export class ServiceLabels {
  readonly #known = new Set<string>();

  labelOf(service: string): string {
    if (this.#known.has(service)) return service;
    if (this.#known.size >= MAX_SERVICE_LABELS) return OTHER_SERVICES;
    this.#known.add(service);
    return service;
  }
}

/** A registry with Node's own process metrics in it. */
export function createRegistry(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return register;
}

/**
 * Counts pulses by service and health, with bounded labels. The counts are plain numbers until they are scraped: it is
 * the one thing done for every single pulse, and prom-client hashes the labels each time.
 */
export class PulseCounter {
  readonly #services = new ServiceLabels();
  readonly #counts: Tally = new Map();

  constructor(registers: Registry[], name: string, help: string) {
    const counts = this.#counts;
    new Counter({
      name,
      help,
      labelNames: ["service", "health"],
      registers,
      collect() {
        this.reset();
        for (const [service, byHealth] of counts) {
          for (const health of HEALTHS) {
            const count = byHealth[health];
            if (count !== undefined) this.inc({ service, health }, count);
          }
        }
      },
    });
  }

  inc(serviceName: string, health: Health): void {
    addTo(this.#counts, this.#services.labelOf(serviceName), health, 1);
  }

  /** Counts pulses that are not to count yet, so that they need not be kept until then. */
  tally(pulses: readonly Pulse[]): Tally {
    const tally: Tally = new Map();
    for (const pulse of pulses) addTo(tally, this.#services.labelOf(pulse.service_name), healthOf(pulse.status), 1);
    return tally;
  }

  add(tally: Tally): void {
    for (const [service, counts] of tally) {
      for (const health of HEALTHS) {
        const count = counts[health];
        if (count !== undefined) addTo(this.#counts, service, health, count);
      }
    }
  }
}

/** Pulses by service label and health. */
export type Tally = Map<string, Partial<Record<Health, number>>>;

function addTo(tally: Tally, service: string, health: Health, count: number): void {
  let counts = tally.get(service);
  if (counts === undefined) {
    counts = {};
    tally.set(service, counts);
  }
  counts[health] = (counts[health] ?? 0) + count;
}

/** Counts what makes the ledger's stored larger than its accepted, in every function that hands events to the broker. */
export function createUnacknowledgedCounter(registers: Registry[]): Counter {
  return new Counter({
    name: METRICS.emitUnacknowledged,
    help: "Pulses that the broker may have besides those accepted: its answer was lost, or the rest of the request failed.",
    registers,
  });
}

/** What every function with a store counts of it. */
export function createStoreMetrics(registers: Registry[]) {
  return {
    batchRows: new Histogram({ name: METRICS.storeBatch, help: "Rows per batch.", buckets: SIZE_BUCKETS, registers }),
    latency: new Histogram({
      name: METRICS.storeLatency,
      help: "Seconds the store took for a batch.",
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    errors: startAtZero(
      new Counter({
        name: METRICS.storeErrors,
        help: "Batches that were not stored, by outcome.",
        labelNames: ["outcome"],
        registers,
      }),
      "outcome",
      ["retry", "rejected"],
    ),
  };
}
export type StoreMetrics = ReturnType<typeof createStoreMetrics>;

/** Gauges `pulsemesh_store_queue_rows` at scrape time. */
export function gaugeStoreQueue(registers: Registry[], queuedRows: () => number): void {
  new Gauge({
    name: METRICS.storeQueue,
    help: "Rows that wait for the store.",
    registers,
    collect() {
      this.set(queuedRows());
    },
  });
}
