import { setImmediate as nextTurn } from "node:timers/promises";
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import type { ServiceHealth } from "../../events/service-health.ts";
import { DAY_MS } from "../../events/time.ts";
import { parseServices } from "../../health/services-file.ts";
import { METRICS } from "../metrics/names.ts";
import { GaugedServices, gaugeHealth } from "./health-gauges.ts";
import type { Judged } from "./keeper.ts";

const NOW = Date.UTC(2026, 10, 30);
const judgedOf = (service: string, newest = NOW, health: ServiceHealth = "down"): Judged => ({
  service,
  run: { since: NOW - 1000, health, confirmedAt: NOW, cause: "2 of 3 pulses said 503" },
  newest,
});

/** Who of the judged has gauges, and how many have none. */
const placesOf = (services: GaugedServices, ...judged: Judged[]) => {
  const { gauged, leftOut } = services.of(judged, NOW);
  return [...gauged.map(({ service }) => service).sort(), leftOut];
};
const silentFor = (service: string, days: number, health: ServiceHealth = "up") =>
  judgedOf(service, NOW - days * DAY_MS, health);

it("a weekly and a monthly job keep their gauges while there is room", () => {
  const services = new GaugedServices(3);
  const jobs = [silentFor("weekly", 8), silentFor("monthly", 40)];
  expect(placesOf(services, ...jobs, judgedOf("a"))).toEqual(["a", "monthly", "weekly", 0]);
});

it("services keep their gauges while others come, and those give theirs up that are silent the longest", () => {
  const services = new GaugedServices(2);
  const [newcomer, a, b] = [silentFor("0", 0), silentFor("a", 0), silentFor("b", 0)];
  expect(placesOf(services, a, b)).toEqual(["a", "b", 0]);
  expect(placesOf(services, newcomer, a, b)).toEqual(["a", "b", 1]);
  expect(placesOf(services, newcomer, silentFor("a", 6), b)).toEqual(["a", "b", 1]);
  expect(placesOf(services, newcomer, silentFor("a", 7), silentFor("b", 8))).toEqual(["0", "a", 1]);
});

it("a service beyond the limit gets gauges as soon as it is in trouble, in place of one that is well", () => {
  const services = new GaugedServices(2);
  const well = [silentFor("a", 0), silentFor("b", 0.1)];
  expect(placesOf(services, ...well)).toEqual(["a", "b", 0]);
  expect(placesOf(services, ...well, silentFor("c", 0))).toEqual(["a", "b", 1]);
  expect(placesOf(services, ...well, silentFor("c", 0, "degraded"))).toEqual(["a", "c", 1]);
  expect(placesOf(services, ...well, silentFor("c", 0, "up"))).toEqual(["a", "c", 1]);
});

it("of more services in trouble than have gauges, the worst come first, and those last that have been silent for long", () => {
  const services = new GaugedServices(2);
  const [degraded, late, down] = [silentFor("a", 0, "degraded"), silentFor("b", 1, "late"), silentFor("c", 0, "down")];
  expect(placesOf(services, degraded, silentFor("gone", 7, "late"))).toEqual(["a", "gone", 0]);
  expect(placesOf(services, degraded, silentFor("gone", 7, "late"), late)).toEqual(["a", "b", 1]);
  expect(placesOf(services, degraded, late, down)).toEqual(["b", "c", 1]);
});

/** The lines of a scrape. */
function open(judged: () => Judged[], { file = "", judgedUntil = NOW } = {}): Registry {
  const registry = new Registry();
  const settings = parseServices(file, { file: "services.yaml", variable: "PULSE_SERVICES_FILE" });
  gaugeHealth({
    registers: [registry],
    judged,
    judgedUntil: () => judgedUntil,
    settings: () => settings,
    untold: () => 3,
    now: () => NOW,
  });
  return registry;
}

async function scrape(judged: Judged[], options?: { file?: string; judgedUntil?: number }): Promise<string[]> {
  return (await open(() => judged, options).metrics())
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

it("a scrape has the health of each service, since when, and until when it is judged", async () => {
  expect(await scrape([judgedOf("checkout")])).toEqual([
    `${METRICS.serviceHealth}{service="checkout"} 2`,
    `${METRICS.serviceHealthSince}{service="checkout"} ${NOW / 1000 - 1}`,
    `${METRICS.servicesLeftOut} 0`,
    `${METRICS.judgedUntil} ${NOW / 1000}`,
    `${METRICS.untold} 3`,
  ]);
});

it("a scrape looks at the services once, and the next one again", async () => {
  let looks = 0;
  const registry = open(() => [judgedOf(`seen-${++looks}`)]);
  for (const look of [1, 2]) {
    expect(await registry.metrics()).toContain(`${METRICS.serviceHealth}{service="seen-${look}"} 2`);
    expect(looks).toBe(look);
    await nextTurn();
  }
});

it("a scrape says which services are in maintenance, and nothing of retired ones", async () => {
  const file = `
    - { services: old, retired: true }
    - services: db
      maintenance: [{ from: "2026-11-29T23:00:00Z", to: "2026-11-30T01:00:00Z" }]`;
  const lines = await scrape(
    ["checkout", "db", "old"].map((service) => judgedOf(service)),
    { file },
  );
  expect(lines.filter((line) => line.startsWith(METRICS.serviceInMaintenance))).toEqual([
    `${METRICS.serviceInMaintenance}{service="db"} 1`,
  ]);
  expect(lines).toContain(`${METRICS.serviceHealth}{service="db"} 2`);
  expect(lines.filter((line) => line.includes('"old"'))).toEqual([]);
});

it("a keeper that has judged nothing does not say until when it has", async () => {
  expect((await scrape([], { judgedUntil: 0 })).filter((line) => line.startsWith(METRICS.judgedUntil))).toEqual([]);
});
