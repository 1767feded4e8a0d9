import { Counter, Histogram, type Registry } from "prom-client";
import { type Health, healthOf } from "../../events/health.ts";
import type { Pulse } from "../../events/pulse.ts";
import { DELIVERY_BUCKETS, REPORTED_LATENCY_BUCKETS } from "../metrics/buckets.ts";
import { YOUNG_MS } from "../metrics/limits.ts";
import { MAX_STATUS_LABELS, METRICS, OTHER_STATUSES } from "../metrics/names.ts";
import { PlainHistogram, type Series } from "../metrics/plain-histogram.ts";
import { PulseCounter } from "../metrics/pulse-counter.ts";
import { registerScraped, type Sample } from "../metrics/scraped-metric.ts";
import { ServiceLabels } from "../metrics/service-labels.ts";

interface ServiceSeries {
  latency: Series;
  /** Epoch ms of the newest pulse by health. */
  newest: Partial<Record<Health, number>>;
}

/** What pulse-persist counts. */
export class PersistMetrics {
  readonly #stored: PulseCounter;
  readonly #storedAgain: Counter;
  readonly #latency: PlainHistogram;
  readonly #lag: Histogram;
  readonly #labels = new ServiceLabels();
  readonly #services = new Map<string, ServiceSeries>();
  readonly #unknownStatuses = new Map<string, number>();

  constructor(registers: Registry[]) {
    const help =
      'Pulses that the store has, once for each arrival at the broker; those with age="old" were measured long before.';
    this.#stored = new PulseCounter(registers, METRICS.stored, help);
    this.#storedAgain = new Counter({
      name: METRICS.storedAgain,
      help: "Pulses of events that were delivered again after they had been stored.",
      registers,
    });
    this.#latency = new PlainHistogram({
      name: METRICS.pulseLatency,
      help: "Latency that the services report, in seconds, without old pulses.",
      buckets: REPORTED_LATENCY_BUCKETS,
      registers,
    });
    this.#lag = new Histogram({
      name: METRICS.deliveryLag,
      help: "Seconds from the broker's acceptance of an event to its pulses being stored, without events of old pulses only.",
      buckets: DELIVERY_BUCKETS,
      registers,
    });
    registerScraped({
      name: METRICS.unknownStatuses,
      help: "Stored pulses whose status stands for no health, by that status.",
      type: "counter",
      registers,
      samples: () => this.#unknownStatusCounts(),
    });
    registerScraped({
      name: METRICS.lastPulse,
      help: "Event time of the newest pulse, in seconds since the epoch.",
      type: "gauge",
      registers,
      samples: () => this.#newestPulses(),
    });
  }

  /**
   * Counts the pulses of an event, old ones apart.
   * @param arrival when the broker accepted the event, in epoch ms, if the broker noted it
   */
  observeStored(pulses: readonly Pulse[], arrival: number | undefined): void {
    const now = Date.now();
    const youngFrom = (arrival ?? now) - YOUNG_MS;
    let hasYoung = false;
    for (const pulse of pulses) {
      const service = this.#labels.labelOf(pulse.service_name);
      const health = healthOf(pulse.status);
      if (health === "unknown") this.#countUnknown(pulse.status);
      const isOld = pulse.event_time < youngFrom;
      this.#stored.inc(service, health, isOld);
      const { latency, newest } = this.#services.get(service) ?? this.#openSeries(service);
      if (pulse.event_time > (newest[health] ?? 0)) newest[health] = pulse.event_time;
      if (isOld) continue;
      hasYoung = true;
      latency.observe(pulse.latency_ms / 1000);
    }
    if (hasYoung && arrival !== undefined) this.#lag.observe(Math.max(0, now - arrival) / 1000);
  }

  observeStoredAgain(pulses: number): void {
    this.#storedAgain.inc(pulses);
  }

  #countUnknown(status: string): void {
    const counts = this.#unknownStatuses;
    const label = counts.has(status) || counts.size < MAX_STATUS_LABELS ? status : OTHER_STATUSES;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }

  *#unknownStatusCounts(): Iterable<Sample> {
    for (const [status, value] of this.#unknownStatuses) yield { labels: { status }, value };
  }

  *#newestPulses(): Iterable<Sample> {
    for (const [service, { newest }] of this.#services) {
      for (const [health, time] of Object.entries(newest)) yield { labels: { service, health }, value: time / 1000 };
    }
  }

  #openSeries(service: string): ServiceSeries {
    const series = { latency: this.#latency.labels({ service }), newest: {} };
    this.#services.set(service, series);
    return series;
  }
}
