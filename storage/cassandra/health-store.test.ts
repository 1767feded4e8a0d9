import { expect, it } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { openReadyStore } from "../testing/cassandra-store.ts";
import { newService, START } from "../testing/pulses.ts";
import { skipReason } from "../testing/shared-cassandra.ts";

const SPAN = { from: START, to: Number.POSITIVE_INFINITY };

it.skipIf(skipReason())("asks before it reads more than a page of a service's runs, and only then", async () => {
  const { health } = await openReadyStore();
  const service = newService();
  const runs = Array.from({ length: 2500 }, (_, i): HealthRun => {
    const since = START + i * 40_000;
    return { since, health: i % 2 === 0 ? "up" : "down", confirmedAt: since, cause: "" };
  });
  expect(await health.keep([{ service, runs: { span: SPAN, runs } }], await health.begin())).toBe(true);
  const refuse = () => Promise.reject(new Error("not now"));
  await expect(health.runs(service, SPAN, refuse)).rejects.toThrow("not now");
  expect(await health.runs(service, SPAN, async () => {})).toEqual(runs);
  expect(await health.runs(service, { from: START, to: START + 500 * 40_000 }, refuse)).toEqual(runs.slice(0, 500));
});
