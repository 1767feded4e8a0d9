import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { METRICS } from "../metrics/names.ts";
import { GaugedServices, GIVES_UP_AFTER_MS, gaugeHealth } from "./health-gauges.ts";
import type { Judged } from "./keeper.ts";

const NOW = Date.UTC(2026, 10, 30);
const judgedOf = (service: string, newest = NOW): Judged => ({
  service,
  run: { since: NOW - 1000, health: "down", confirmedAt: NOW, cause: "2 of 3 pulses said 503" },
  newest,
});

it("services keep their gauges while others come, and one that is silent for a week gives its place up", () => {
  const services = new GaugedServices(2);
  const namesOf = (...judged: Judged[]) => {
    const { gauged, leftOut } = services.of(judged, NOW);
    return [...gauged.map(({ service }) => service), leftOut];
  };
  expect(namesOf(judgedOf("a"), judgedOf("b"))).toEqual(["a", "b", 0]);
  expect(namesOf(judgedOf("0"), judgedOf("a"), judgedOf("b"))).toEqual(["a", "b", 1]);
  expect(namesOf(judgedOf("0"), judgedOf("a", NOW - GIVES_UP_AFTER_MS), judgedOf("b"))).toEqual(["0", "b", 0]);
});

it("a scrape has the health of each service, since when, and until when it is judged", async () => {
  const registry = new Registry();
  gaugeHealth({
    registers: [registry],
    judged: () => [judgedOf("checkout")],
    judgedUntil: () => NOW,
    untold: () => 3,
    now: () => NOW,
  });
  const lines = (await registry.metrics()).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      `${METRICS.serviceHealth}{service="checkout"} 2`,
      `${METRICS.serviceHealthSince}{service="checkout"} ${NOW / 1000 - 1}`,
      `${METRICS.servicesLeftOut} 0`,
      `${METRICS.judgedUntil} ${NOW / 1000}`,
      `${METRICS.untold} 3`,
    ]),
  );
});
