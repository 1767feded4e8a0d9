import type { Registry } from "prom-client";
import { HEALTHS, type Health, healthOf } from "../../events/health.ts";
import type { Pulse } from "../../events/pulse.ts";
import { registerScraped, type Sample } from "./scraped-metric.ts";
import { ServiceLabels } from "./service-labels.ts";

/** Numbers of pulses by service label and health. */
export type PulseCounts = Map<string, Partial<Record<Health, number>>>;

/** Counts pulses by service and health, with bounded labels. */
export class PulseCounter {
  readonly #services = new ServiceLabels();
  readonly #counts: PulseCounts = new Map();
  readonly #old: PulseCounts = new Map();

  constructor(registers: Registry[], name: string, help: string) {
    registerScraped({ name, help, type: "counter", registers, samples: () => this.#samples() });
  }

  /** Counts one pulse of a service whose label the caller has bounded. An old pulse counts with `age="old"`. */
  inc(serviceLabel: string, health: Health, isOld: boolean): void {
    addTo(isOld ? this.#old : this.#counts, serviceLabel, health, 1);
  }

  /** The counts of pulses, for a later {@link add}: the caller need not keep the pulses until then. */
  countsOf(pulses: readonly Pulse[]): PulseCounts {
    const counts: PulseCounts = new Map();
    for (const pulse of pulses) addTo(counts, this.#services.labelOf(pulse.service_name), healthOf(pulse.status), 1);
    return counts;
  }

  add(counts: PulseCounts): void {
    for (const [service, byHealth] of counts) {
      for (const health of HEALTHS) {
        const count = byHealth[health];
        if (count !== undefined) addTo(this.#counts, service, health, count);
      }
    }
  }

  *#samples(): Iterable<Sample> {
    yield* samplesOf(this.#counts, {});
    yield* samplesOf(this.#old, { age: "old" });
  }
}

function* samplesOf(counts: PulseCounts, others: Record<string, string>): Iterable<Sample> {
  for (const [service, byHealth] of counts) {
    for (const [health, value] of Object.entries(byHealth)) yield { labels: { service, health, ...others }, value };
  }
}

function addTo(counts: PulseCounts, service: string, health: Health, count: number): void {
  let byHealth = counts.get(service);
  if (byHealth === undefined) {
    byHealth = {};
    counts.set(service, byHealth);
  }
  byHealth[health] = (byHealth[health] ?? 0) + count;
}
