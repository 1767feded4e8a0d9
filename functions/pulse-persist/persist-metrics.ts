import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { healthOf } from "../../events/health.ts";
import type { Pulse } from "../../events/pulse.ts";
import { LATENCY_BUCKETS, METRICS, PulseCounter, ServiceLabels } from "../metrics/metrics.ts";
import { PlainHistogram, type Series } from "../metrics/plain-histogram.ts";

/** Seconds: a cache's millisecond to a batch job's minute. */
const REPORTED_LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What pulse-persist counts. */
export class PersistMetrics {
  readonly #stored: PulseCounter;
  readonly #storedAgain: Counter;
  readonly #latency: PlainHistogram;
  readonly #lag: Histogram;
  readonly #services = new ServiceLabels();
  readonly #histograms = new Map<string, Series>();
  /** Newest event time in epoch ms, by service label and then health. */
  readonly #newest = new Map<string, Map<string, number>>();

  constructor(registers: Registry[]) {
    this.#stored = new PulseCounter(
      registers,
      METRICS.stored,
      "Pulses that the store has, once for each arrival at the broker.",
    );
    this.#storedAgain = new Counter({
      name: METRICS.storedAgain,
      help: "Pulses of events that were delivered again after they had been stored.",
      registers,
    });
    this.#latency = new PlainHistogram({
      name: METRICS.pulseLatency,
      help: "Latency that the services report, in seconds.",
      buckets: REPORTED_LATENCY_BUCKETS,
      registers,
    });
    this.#lag = new Histogram({
      name: METRICS.deliveryLag,
      help: "Seconds from the broker's acceptance of an event to its pulses being stored.",
      buckets: LATENCY_BUCKETS,
      registers,
    });
    const newest = this.#newest;
    new Gauge({
      name: METRICS.lastPulse,
      help: "Event time of the newest pulse, in seconds since the epoch.",
      labelNames: ["service", "health"],
      registers,
      collect() {
        for (const [service, byHealth] of newest) {
          for (const [health, time] of byHealth) this.set({ service, health }, time / 1000);
        }
      },
    });
  }

  observeStored(pulses: readonly Pulse[]): void {
    for (const pulse of pulses) {
      const service = this.#services.labelOf(pulse.service_name);
      const health = healthOf(pulse.status);
      this.#stored.inc(service, health);
      let histogram = this.#histograms.get(service);
      let byHealth = this.#newest.get(service);
      if (histogram === undefined || byHealth === undefined) {
        histogram = this.#latency.labels({ service });
        this.#histograms.set(service, histogram);
        byHealth = new Map();
        this.#newest.set(service, byHealth);
      }
      histogram.observe(pulse.latency_ms / 1000);
      if (pulse.event_time > (byHealth.get(health) ?? 0)) byHealth.set(health, pulse.event_time);
    }
  }

  observeStoredAgain(pulses: number): void {
    this.#storedAgain.inc(pulses);
  }

  observeLag(seconds: number): void {
    this.#lag.observe(seconds);
  }
}
