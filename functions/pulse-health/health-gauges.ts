import type { Registry } from "prom-client";
import { HEALTH_CODES, type ServiceHealth } from "../../events/service-health.ts";
import { DAY_MS } from "../../events/time.ts";
import { BAD_HEALTHS } from "../../health/incidents.ts";
import type { ServicesSettings } from "../../health/service-settings.ts";
import { gauge } from "../metrics/gauges.ts";
import { MAX_SERVICE_LABELS, METRICS } from "../metrics/names.ts";
import { registerScraped, type Sample } from "../metrics/scraped-metric.ts";
import type { Judged } from "./keeper.ts";

/** Where there are too few places, what has been silent for so long comes after what pulses. */
const LONG_SILENT_MS = 7 * DAY_MS;

/** The services that have gauges: all, as long as a label may have so many values. */
export class GaugedServices {
  readonly #max: number;
  #services: ReadonlySet<string> = new Set();

  constructor(max = MAX_SERVICE_LABELS) {
    this.#max = max;
  }

  /** Those of the services that have gauges now (epoch ms), and how many have none because there are too many. */
  of(judged: Iterable<Judged>, now: number): { gauged: Judged[]; leftOut: number } {
    const all = [...judged];
    const gauged = all.length <= this.#max ? all : this.#choose(all, now);
    this.#services = new Set(gauged.map(({ service }) => service));
    return { gauged, leftOut: all.length - gauged.length };
  }

  /**
   * Those that are in trouble come first, so that alerts fire for each of them: down, late, degraded, then those that have been so and
   * silent for long. Of others, those that have gauges keep them: a series that comes and goes watches nobody.
   */
  #choose(all: readonly Judged[], now: number): Judged[] {
    const placed = all.map((judged) => {
      const silentMs = now - judged.newest;
      const isLongSilent = silentMs >= LONG_SILENT_MS;
      const urgency = (BAD_HEALTHS as readonly ServiceHealth[]).indexOf(judged.run.health);
      const notBad = BAD_HEALTHS.length + 1;
      const turn = urgency < 0 ? notBad : isLongSilent ? BAD_HEALTHS.length : urgency;
      const hasGauges = this.#services.has(judged.service) && !isLongSilent;
      return { judged, turn, newcomer: hasGauges ? 0 : 1, silentMs };
    });
    placed.sort((a, b) => a.turn - b.turn || a.newcomer - b.newcomer || a.silentMs - b.silentMs);
    return placed.slice(0, this.#max).map(({ judged }) => judged);
  }
}

export interface HealthGaugesOptions {
  registers: Registry[];
  judged: () => Iterable<Judged>;
  /** Epoch ms; 0 while nothing is judged. */
  judgedUntil: () => number;
  settings: () => ServicesSettings;
  untold: () => number;
  now: () => number;
}

/** Shows Prometheus what the keeper says, except of retired services. */
export function gaugeHealth({ registers, judged, judgedUntil, settings, untold, now }: HealthGaugesOptions): void {
  const services = new GaugedServices();
  let seen: ReturnType<GaugedServices["of"]> | undefined;
  // Once for the gauges of a scrape, which are written in one turn: all of them are of the same services.
  const look = () => {
    if (seen === undefined) {
      const shown = [...judged()].filter(({ service }) => !settings().of(service).isRetired);
      seen = services.of(shown, now());
      setImmediate(() => {
        seen = undefined;
      });
    }
    return seen;
  };
  registerScraped({
    name: METRICS.serviceHealth,
    help: "How a service is: 0 up, 1 degraded, 2 down, 3 late, 4 unknown.",
    type: "gauge",
    registers,
    *samples(): Generator<Sample> {
      for (const { service, run } of look().gauged) {
        yield { labels: { service }, value: HEALTH_CODES[run.health] };
      }
    },
  });
  registerScraped({
    name: METRICS.serviceHealthSince,
    help: "Since when a service is as it is, in seconds since 1970.",
    type: "gauge",
    registers,
    *samples(): Generator<Sample> {
      for (const { service, run } of look().gauged) {
        yield { labels: { service }, value: run.since / 1000 };
      }
    },
  });
  registerScraped({
    name: METRICS.serviceInMaintenance,
    help: "1 of each service on which work is planned for now.",
    type: "gauge",
    registers,
    *samples(): Generator<Sample> {
      for (const { service } of look().gauged) {
        if (settings().of(service).isInMaintenance(now())) yield { labels: { service }, value: 1 };
      }
    },
  });
  const leftOut = "Services whose health has no gauge, because there are more than a label may have values.";
  gauge(registers, METRICS.servicesLeftOut, leftOut, () => look().leftOut);
  registerScraped({
    name: METRICS.judgedUntil,
    help: "Until when every service is judged, in seconds since 1970, once that is known.",
    type: "gauge",
    registers,
    samples: () => (judgedUntil() === 0 ? [] : [{ labels: {}, value: judgedUntil() / 1000 }]),
  });
  gauge(registers, METRICS.untold, "Services of which the broker has yet to be told something.", untold);
}
