import { Registry } from "prom-client";
import { expect, it } from "vitest";
import type { SentEvent } from "../broker-client.ts";
import { createHealthMetrics } from "./health-metrics.ts";
import { OwnPulse } from "./own-pulse.ts";

it("an own pulse counts in the ledger once the broker has it, and as unacknowledged where that is not known", async () => {
  const registry = new Registry();
  const outcomes: SentEvent[] = [
    { kind: "accepted", uncertainTries: 0 },
    { kind: "accepted", uncertainTries: 1 },
    { kind: "unavailable", reason: "no answer", uncertainTries: 1 },
  ];
  const broker = { send: async () => outcomes.shift() as SentEvent };
  const own = new OwnPulse({ broker, metrics: createHealthMetrics([registry]), now: Date.now });
  for (let i = 0; i < 3; i++) await own.send();
  const metrics = await registry.metrics();
  expect(metrics).toContain('pulsemesh_pulses_accepted_total{service="pulsemesh/self",health="up"} 2\n');
  expect(metrics).toContain("pulsemesh_emit_unacknowledged_pulses_total 2\n");
});
