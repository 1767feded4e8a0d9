// A believable fleet: named services, log-normal latencies, a rhythm of the day, mostly good statuses, one incident a day.
// What it does follows from its options and the time alone: pulses made again are the same pulses, with the same ids.
import { createHash } from "node:crypto";
import { MAX_LATENCY_MS } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { type Affliction, afflictionAt } from "./incident.ts";
import { normal, pick, randomOf, type Weights } from "./random.ts";

export interface FleetOptions {
  seed: number;
  services: number;
  /** Pulses a second of the whole fleet, as a mean over the day. */
  rate: number;
  /** The service that has an incident every day; absent: the second one. */
  incident?: string | undefined;
  /** When it begins, in ms after midnight UTC; absent: by the seed. */
  incidentStartMs?: number | undefined;
}

interface Service {
  name: string;
  index: number;
  /** Its median latency at a mean load. */
  medianMs: number;
  /** The deviation of its latencies' logarithm. */
  spread: number;
  speaksHttp: boolean;
  /** Its part of the fleet's rate. */
  share: number;
  hosts: number;
  minor: number;
}

/** A pulse of the fleet. */
export interface FleetPulse {
  time: number;
  json: string;
}

// Name, median latency in ms, the weight of its traffic, and whether its statuses are those of HTTP.
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
const WELL_HTTP: Weights = { 200: 960, 201: 18, 404: 14, 429: 3, 500: 3, 503: 2 };
const WELL_WORDS: Weights = { ok: 985, warn: 10, error: 5 };
const AFFLICTED: Record<Affliction["phase"], { http: Weights; words: Weights }> = {
  degraded: { http: { 200: 55, 429: 10, 500: 15, 503: 20 }, words: { ok: 40, slow: 40, error: 20 } },
  down: { http: { 503: 85, 504: 15 }, words: { down: 85, timeout: 15 } },
  recovering: { http: { 200: 92, 503: 8 }, words: { ok: 85, slow: 12, error: 3 } },
};

const PEAK_LOAD = 1.6;
const PEAK_MS = 14 * 3_600_000;

/** The load of a moment, 1 as a mean over the day: most of it in the early afternoon, UTC, least of it at night. */
export function loadAt(time: number): number {
  return 1 + (PEAK_LOAD - 1) * Math.cos(((time - PEAK_MS) / DAY_MS) * 2 * Math.PI);
}

/** The names of a fleet of that many services. */
export function serviceNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const name = KINDS[i % KINDS.length]?.[0] ?? "";
    return i < KINDS.length ? name : `${name}-${Math.floor(i / KINDS.length) + 1}`;
  });
}

/** A fleet, which can be asked for its pulses of any time. */
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
    // All that a pulse follows from: another fleet's pulses are other pulses.
    const identity = [seed, services, rate, this.#incidentIndex, this.#incidentStartMs];
    this.#idPrefix = `sim-${createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 8)}`;
  }

  /** When the incident begins, in ms after midnight UTC, and whose it is. */
  get incident(): { service: string; startMs: number } {
    return { service: this.#services[this.#incidentIndex]?.name ?? "", startMs: this.#incidentStartMs };
  }

  /**
   * The pulses of [from, to) in the order of time.
   * @param density the part of them to make, up to 1; those of a lower density are among those of a higher
   */
  pulsesBetween(from: number, to: number, density = 1): FleetPulse[] {
    const pulses: FleetPulse[] = [];
    for (const service of this.#services) {
      // A tick each interval, at the rate of the peak; the load decides which of them are pulses.
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
    const affliction = service.index === this.#incidentIndex ? afflictionAt(time, this.#incidentStartMs) : undefined;
    const status = statusOf(service, affliction, random);
    const region = pick(random, REGIONS);
    const host = `${service.name}-${region.slice(0, 2)}-${1 + Math.floor(random() * service.hosts)}`;
    // The incident comes with a new version, and goes when it is taken back.
    const isNewVersion = affliction !== undefined && affliction.phase !== "recovering";
    return JSON.stringify({
      service_name: service.name,
      event_time: time,
      latency_ms: latencyOf(service, time, status, affliction, random),
      status,
      metadata: { region, host, version: `2.${service.minor + (isNewVersion ? 1 : 0)}.0` },
      id: `${this.#idPrefix}:${service.name}:${tick}`,
    });
  }
}

function statusOf(service: Service, affliction: Affliction | undefined, random: () => number): string {
  if (affliction === undefined) return pick(random, service.speaksHttp ? WELL_HTTP : WELL_WORDS);
  const { http, words } = AFFLICTED[affliction.phase];
  return pick(random, service.speaksHttp ? http : words);
}

function latencyOf(
  service: Service,
  time: number,
  status: string,
  affliction: Affliction | undefined,
  random: () => number,
): number {
  if (status === "504" || status === "timeout") return 30_000;
  const loaded = service.medianMs * (0.75 + 0.25 * loadAt(time)) * (affliction?.slowdown ?? 1);
  const ms = loaded * Math.exp(service.spread * normal(random));
  return Math.min(MAX_LATENCY_MS, Math.max(0.01, Math.round(ms * 100) / 100));
}
