import { describe, expect, it } from "vitest";
import { healthOf } from "../../events/health.ts";
import { parsePulse, pulseSchema } from "../../events/pulse.ts";
import { Fleet, type FleetOptions, loadAt, serviceNames } from "./fleet.ts";
import { INCIDENT_MS, incidentAt } from "./incident.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIDNIGHT = Date.parse("2026-03-01T00:00:00Z");
const INCIDENT_AT = 9 * HOUR_MS;

interface Read {
  service_name: string;
  event_time: number;
  latency_ms: number;
  status: string;
  metadata: Record<string, string>;
  id: string;
}

function fleetWith(changes: Partial<FleetOptions> = {}): Fleet {
  return new Fleet({ seed: 1, services: 12, rate: 2, incidentStartMs: INCIDENT_AT, ...changes });
}

function pulsesOf(fleet: Fleet, from: number, to: number, density?: number): Read[] {
  return fleet.pulsesBetween(from, to, density).map((pulse) => JSON.parse(pulse.json));
}

function median(pulses: Read[]): number {
  const values = pulses.map((pulse) => pulse.latency_ms).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

function shareOf(pulses: Read[], health: string): number {
  return pulses.filter((pulse) => healthOf(pulse.status) === health).length / pulses.length;
}

describe("an incident", () => {
  it("gets slower up to eight times, goes down, recovers, and is over", () => {
    const minutes = [-1, 0, 4, 20, 26, 36, 49, 51].map((minute) => incidentAt(MIDNIGHT + minute * 60_000, 0));
    expect(minutes.map((one) => one?.phase)).toEqual([
      undefined,
      "degraded",
      "degraded",
      "degraded",
      "down",
      "recovering",
      "recovering",
      undefined,
    ]);
    expect(minutes.map((one) => Math.round(one?.slowdown ?? 1))).toEqual([1, 1, 4, 8, 8, 4, 1, 1]);
  });

  it("comes again every day, also over midnight", () => {
    const start = DAY_MS - 60_000;
    for (const day of [-3, 0, 400]) {
      expect(incidentAt(MIDNIGHT + day * DAY_MS + start, start)?.phase).toBe("degraded");
      expect(incidentAt(MIDNIGHT + day * DAY_MS + 30 * 60_000, start)?.phase).toBe("down");
    }
    expect(INCIDENT_MS).toBe(50 * 60_000);
  });
});

describe("a fleet", () => {
  it("makes valid pulses in the order of time, each with another id", () => {
    const fleet = fleetWith({ services: 40, rate: 20 });
    const from = MIDNIGHT + INCIDENT_AT - HOUR_MS / 2;
    const pulses = fleet.pulsesBetween(from, from + HOUR_MS);
    const context = { source: "/pulse", id: undefined, newId: () => "none", traceparent: undefined, time: undefined };
    const now = from + HOUR_MS;
    for (const { time, json } of pulses) {
      const faults: [] = [];
      const pulse = parsePulse(
        pulseSchema,
        JSON.parse(json),
        { ...context, arrival: 0, now, retentionMs: DAY_MS },
        "",
        faults,
      );
      expect(faults).toEqual([]);
      expect(pulse?.event_time).toBe(time);
    }
    expect(new Set(pulses.map((pulse) => JSON.parse(pulse.json).id)).size).toBe(pulses.length);
    expect(pulses.map((pulse) => pulse.time)).toEqual(pulses.map((pulse) => pulse.time).sort((a, b) => a - b));
    expect(new Set(pulses.map((pulse) => JSON.parse(pulse.json).service_name))).toEqual(new Set(serviceNames(40)));
  });

  it("makes the same pulses when its time is cut into pieces", () => {
    const whole = fleetWith().pulsesBetween(MIDNIGHT, MIDNIGHT + HOUR_MS);
    const parts = Array.from({ length: 60 }, (_, i) =>
      fleetWith().pulsesBetween(MIDNIGHT + i * 60_000, MIDNIGHT + (i + 1) * 60_000),
    );
    expect(parts.flat().map((pulse) => pulse.json)).toEqual(whole.map((pulse) => pulse.json));
  });

  it("makes some of the same pulses at a lower density", () => {
    const all = pulsesOf(fleetWith(), MIDNIGHT, MIDNIGHT + 6 * HOUR_MS);
    const some = pulsesOf(fleetWith(), MIDNIGHT, MIDNIGHT + 6 * HOUR_MS, 0.1);
    const byId = new Map(all.map((pulse) => [pulse.id, pulse]));
    for (const pulse of some) expect(byId.get(pulse.id)).toEqual(pulse);
    expect(some.length / all.length).toBeCloseTo(0.1, 1);
  });

  it("makes other pulses with other ids for another seed or another incident", () => {
    const first = pulsesOf(fleetWith(), MIDNIGHT, MIDNIGHT + HOUR_MS);
    const ids = new Set(first.map((pulse) => pulse.id));
    for (const changes of [
      { seed: 2 },
      { incidentStartMs: 0 },
      { incident: "search" },
      { services: 11 },
      { rate: 3 },
    ]) {
      const other = pulsesOf(fleetWith(changes), MIDNIGHT, MIDNIGHT + HOUR_MS);
      expect(other.filter((pulse) => ids.has(pulse.id))).toEqual([]);
    }
  });

  it("keeps its rate as a mean over the day, with more in the afternoon than at night", () => {
    const perHour = Array.from({ length: 24 }, (_, hour) => {
      const from = MIDNIGHT + hour * HOUR_MS;
      return fleetWith().pulsesBetween(from, from + HOUR_MS).length;
    });
    const sum = perHour.reduce((total, count) => total + count, 0);
    expect(sum / (2 * 86_400)).toBeCloseTo(1, 1);
    expect(perHour.indexOf(Math.max(...perHour))).toBeGreaterThanOrEqual(11);
    expect(perHour.indexOf(Math.max(...perHour))).toBeLessThanOrEqual(16);
    expect((perHour[14] ?? 0) / (perHour[2] ?? 1)).toBeGreaterThan(2.5);
    expect(loadAt(MIDNIGHT + 14 * HOUR_MS)).toBeCloseTo(1.6);
  });

  it("is healthy, except the service with the incident, which returns to its old version", () => {
    const fleet = fleetWith({ rate: 20 });
    expect(fleet.incident).toEqual({ service: "payments", startMs: INCIDENT_AT });
    const at = (minute: number) => MIDNIGHT + INCIDENT_AT + minute * 60_000;
    const phases = { before: [-30, 0], degraded: [10, 25], down: [25, 35], recovering: [35, 50], after: [50, 80] };
    const read: Record<string, { own: Read[]; others: Read[] }> = {};
    for (const [phase, [from = 0, to = 0]] of Object.entries(phases)) {
      const all = pulsesOf(fleet, at(from), at(to));
      const own = all.filter((pulse) => pulse.service_name === "payments");
      read[phase] = { own, others: all.filter((pulse) => pulse.service_name !== "payments") };
      expect(shareOf(read[phase].others, "up")).toBeGreaterThan(0.95);
      expect(own.length).toBeGreaterThan(100);
    }
    const own = (phase: string) => read[phase]?.own ?? [];
    expect(shareOf(own("before"), "up")).toBeGreaterThan(0.95);
    expect(median(own("degraded")) / median(own("before"))).toBeGreaterThan(6);
    expect(shareOf(own("degraded"), "down")).toBeGreaterThan(0.2);
    expect(shareOf(own("down"), "down")).toBe(1);
    expect(shareOf(own("recovering"), "up")).toBeGreaterThan(0.8);
    expect(shareOf(own("after"), "up")).toBeGreaterThan(0.95);
    const versions = (phase: string) => [...new Set(own(phase).map((pulse) => pulse.metadata.version))];
    expect(versions("degraded")).toEqual(versions("down"));
    expect(versions("degraded")).not.toEqual(versions("before"));
    expect(versions("after")).toEqual(versions("before"));
  });

  it("draws the time of the incident from the seed when no option says it", () => {
    const starts = [1, 2, 3].map((seed) => new Fleet({ seed, services: 1, rate: 1 }).incident.startMs);
    expect(new Set(starts).size).toBe(3);
    for (const start of starts) expect(start % 60_000).toBe(0);
    expect(new Fleet({ seed: 1, services: 3, rate: 1, incident: "search" }).incident.service).toBe("search");
  });
});
