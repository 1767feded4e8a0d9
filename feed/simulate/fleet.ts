// A believable fleet: named services, log-normal latencies, a daily rhythm, mostly healthy statuses, one incident a day.
// What the fleet does depends on its options and the time only: the same span always has the same pulses with the same ids.
import { createHash } from "node:crypto";
import { MAX_LATENCY_MS } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { type IncidentEffect, incidentAt } from "./incident.ts";
import { normal, pick, randomOf, type Weights } from "./random.ts";

export interface FleetOptions {
  seed: number;
  services: number;
  /** Pulses a second of the whole fleet, as a mean over the day. */
  rate: number;
  /** The service that has an incident every day; absent: the second one. */
  incident?: string | undefined;
  /** When the incident begins, in ms after midnight UTC; absent: the seed decides. */
  incidentStartMs?: number | undefined;
}

interface Service {
  name: string;
  index: number;
  /** The median latency at mean load. */
  medianMs: number;
  /** The standard deviation of the latencies' logarithm. */
  spread: number;
  speaksHttp: boolean;
  /** The part of the fleet's rate, up to 1. */
  share: number;
  hosts: number;
  minor: number;
}

/** A pulse of the fleet. */
export interface FleetPulse {
  time: number;
  json: string;
}

// Name, median latency in ms, weight of the traffic, and whether its statuses are HTTP status codes.
const KINDS: readonly (readonly [name: string, medianMs: number, weight: number, speaksHttp: boolean])[] = [
  ["checkout", 85, 10, true],
  ["payments", 140, 7, true],
  ["search", 55, 16, true],
  ["catalog", 22, 14, true],
  ["cart", 18, 12, true],
  ["identity", 12, 11, true],
  ["recommendations", 95, 8, true],
  ["inventory", 30, 7, true],
  ["shipping", 210, 3, false],
  ["notifications", 65, 4, false],
  ["pricing", 9, 9, true],
  ["ledger", 45, 3, false],
  ["reviews", 38, 5, true],
  ["media", 160, 6, true],
  ["fraud-check", 120, 4, false],
  ["warehouse-sync", 480, 1, false],
];
const REGIONS: Weights = { "eu-central-1": 5, "us-east-1": 3, "ap-southeast-1": 2 };
const HEALTHY_HTTP: Weights = { 200: 960, 201: 18, 404: 14, 429: 3, 500: 3, 503: 2 };
const HEALTHY_WORDS: Weights = { ok: 985, warn: 10, error: 5 };
const DURING_INCIDENT: Record<IncidentEffect["phase"], { http: Weights; words: Weights }> = {
  degraded: { http: { 200: 55, 429: 10, 500: 15, 503: 20 }, words: { ok: 40, slow: 40, error: 20 } },
  down: { http: { 503: 85, 504: 15 }, words: { down: 85, timeout: 15 } },
  recovering: { http: { 200: 92, 503: 8 }, words: { ok: 85, slow: 12, error: 3 } },
};

const PEAK_LOAD = 1.6;
const PEAK_MS = 14 * 3_600_000;

/** The load at a moment, with a mean of 1 over the day: highest at 14:00 UTC, lowest at 02:00 UTC. */
export function loadAt(time: number): number {
  return 1 + (PEAK_LOAD - 1) * Math.cos(((time - PEAK_MS) / DAY_MS) * 2 * Math.PI);
}

/** The names of the services in a fleet of that size. */
export function serviceNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const name = KINDS[i % KINDS.length]?.[0] ?? "";
    return i < KINDS.length ? name : `${name}-${Math.floor(i / KINDS.length) + 1}`;
  });
}

/** A fleet, whose pulses can be made for any span of time. */
export class Fleet {
  readonly #seed: number;
  readonly #rate: number;
  readonly #services: Service[];
  readonly #incidentIndex: number;
  readonly #incidentStartMs: number;
  readonly #idPrefix: string;

  constructor({ seed, services, rate, incident, incidentStartMs }: FleetOptions) {
    const names = serviceNames(services);
    const weights = names.map((_, i) => KINDS[i % KINDS.length]?.[2] ?? 1);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#seed = seed;
    this.#rate = rate;
    this.#services = names.map((name, index) => {
      const [, medianMs = 1, , speaksHttp = true] = KINDS[index % KINDS.length] ?? [];
      const random = randomOf(seed, index);
      return {
        name,
        index,
        medianMs: medianMs * (0.8 + 0.4 * random()),
        spread: 0.3 + 0.25 * random(),
        speaksHttp,
        share: (weights[index] ?? 1) / sum,
        hosts: 2 + Math.floor(random() * 5),
        minor: 1 + Math.floor(random() * 20),
      };
    });
    this.#incidentIndex = incident === undefined ? Math.min(1, services - 1) : names.indexOf(incident);
    this.#incidentStartMs = incidentStartMs ?? Math.floor(randomOf(seed, -1)() * 24 * 60) * 60_000;
    // Every option that changes a pulse, so that other fleets' pulses get other ids.
    const identity = [seed, services, rate, this.#incidentIndex, this.#incidentStartMs];
    this.#idPrefix = `sim-${createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 8)}`;
  }

  /** The service that has the incident, and when the incident begins, in ms after midnight UTC. */
  get incident(): { service: string; startMs: number } {
    return { service: this.#services[this.#incidentIndex]?.name ?? "", startMs: this.#incidentStartMs };
  }

  /**
   * The pulses of [from, to) in the order of time.
   * @param density the part of them to make, up to 1; a higher density has all pulses of a lower one
   */
  pulsesBetween(from: number, to: number, density = 1): FleetPulse[] {
    const pulses: FleetPulse[] = [];
    for (const service of this.#services) {
      // Ticks at the peak rate; the load at each tick decides whether it is a pulse.
      const intervalMs = 1000 / (this.#rate * service.share * PEAK_LOAD);
      const last = Math.floor(to / intervalMs);
      for (let tick = Math.floor(from / intervalMs) - 1; tick <= last; tick++) {
        const random = randomOf(this.#seed, service.index, tick);
        const time = Math.floor((tick + random()) * intervalMs);
        if (time < from || time >= to || random() >= (loadAt(time) / PEAK_LOAD) * density) continue;
        pulses.push({ time, json: this.#pulse(service, tick, time, random) });
      }
    }
    return pulses.sort((a, b) => a.time - b.time);
  }

  #pulse(service: Service, tick: number, time: number, random: () => number): string {
    const effect = service.index === this.#incidentIndex ? incidentAt(time, this.#incidentStartMs) : undefined;
    const status = statusOf(service, effect, random);
    const region = pick(random, REGIONS);
    const host = `${service.name}-${region.slice(0, 2)}-${1 + Math.floor(random() * service.hosts)}`;
    // A new version causes the incident; the service recovers on the old version.
    const isNewVersion = effect !== undefined && effect.phase !== "recovering";
    return JSON.stringify({
      service_name: service.name,
      event_time: time,
      latency_ms: latencyOf(service, time, status, effect, random),
      status,
      metadata: { region, host, version: `2.${service.minor + (isNewVersion ? 1 : 0)}.0` },
      id: `${this.#idPrefix}:${service.name}:${tick}`,
    });
  }
}

function statusOf(service: Service, effect: IncidentEffect | undefined, random: () => number): string {
  if (effect === undefined) return pick(random, service.speaksHttp ? HEALTHY_HTTP : HEALTHY_WORDS);
  const { http, words } = DURING_INCIDENT[effect.phase];
  return pick(random, service.speaksHttp ? http : words);
}

function latencyOf(
  service: Service,
  time: number,
  status: string,
  effect: IncidentEffect | undefined,
  random: () => number,
): number {
  if (status === "504" || status === "timeout") return 30_000;
  const loaded = service.medianMs * (0.75 + 0.25 * loadAt(time)) * (effect?.slowdown ?? 1);
  const ms = loaded * Math.exp(service.spread * normal(random));
  return Math.min(MAX_LATENCY_MS, Math.max(0.01, Math.round(ms * 100) / 100));
}
