import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { PersistMetrics } from "../pulse-persist/persist-metrics.ts";
import { createRegistry, MAX_SERVICE_LABELS, OTHER_SERVICES, PulseCounter } from "./metrics.ts";
import { RequestMetrics } from "./request-metrics.ts";

const pulse = (service_name: string, fields: Partial<Pulse> = {}): Pulse => ({
  service_name,
  event_time: 1_000_000,
  latency_ms: 100,
  status: "ok",
  id: "1",
  source: "/pulse",
  ...fields,
});

/** The values of a metric by its labels. */
async function valuesOf(registry: Registry, name: string): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const line of (await registry.metrics()).split("\n")) {
    const [, labels, value] = new RegExp(`^${name}(?:{(.*)})? (.+)$`).exec(line) ?? [];
    if (value !== undefined) values[labels ?? ""] = Number(value);
  }
  return values;
}

describe("a counter of pulses", () => {
  it("counts the first thousand services by name and the rest together", async () => {
    const registry = new Registry();
    const counter = new PulseCounter([registry], "pulses_total", "Pulses.");
    for (let i = 0; i < MAX_SERVICE_LABELS + 500; i++) counter.add(counter.tally([pulse(`service-${i}`)]));
    counter.add(counter.tally([pulse("service-0", { status: "500" }), pulse("service-1200", { status: "500" })]));
    const values = await valuesOf(registry, "pulses_total");
    expect(Object.keys(values)).toHaveLength(MAX_SERVICE_LABELS + 3);
    expect(values['service="service-0",health="up"']).toBe(1);
    expect(values['service="service-0",health="down"']).toBe(1);
    expect(values['service="service-1000",health="up"']).toBeUndefined();
    expect(values[`service="${OTHER_SERVICES}",health="up"`]).toBe(500);
    expect(values[`service="${OTHER_SERVICES}",health="down"`]).toBe(1);
  });

  it("counts nothing before the tally is added", async () => {
    const registry = new Registry();
    const counter = new PulseCounter([registry], "pulses_total", "Pulses.");
    counter.tally([pulse("a")]);
    expect(await valuesOf(registry, "pulses_total")).toEqual({});
  });
});

describe("persist's metrics", () => {
  it("have bounded labels in all that name a service", async () => {
    const registry = new Registry();
    const metrics = new PersistMetrics([registry]);
    for (let i = 0; i < MAX_SERVICE_LABELS + 100; i++) metrics.observeStored([pulse(`service-${i}`)]);
    const stored = await valuesOf(registry, "pulsemesh_pulses_stored_total");
    expect(Object.keys(stored)).toHaveLength(MAX_SERVICE_LABELS + 1);
    expect(stored[`service="${OTHER_SERVICES}",health="up"`]).toBe(100);
    const counts = await valuesOf(registry, "pulsemesh_pulse_latency_seconds_count");
    expect(counts[`service="${OTHER_SERVICES}"`]).toBe(100);
  });

  it("keep the newest time of each health, whatever the order of arrival", async () => {
    const registry = new Registry();
    const metrics = new PersistMetrics([registry]);
    metrics.observeStored([pulse("a", { event_time: 5000 }), pulse("a", { event_time: 3000 })]);
    metrics.observeStored([pulse("a", { event_time: 4000, status: "error" })]);
    expect(await valuesOf(registry, "pulsemesh_last_pulse_timestamp_seconds")).toEqual({
      'service="a",health="up"': 5,
      'service="a",health="down"': 4,
    });
  });
});

describe("metrics of requests", () => {
  it("count by method and answer, beside node's own", async () => {
    const registry = createRegistry();
    const metrics = new RequestMetrics([registry], "pulse-ingest");
    metrics.observe("POST", 202, 0.003);
    metrics.observe("POST", 202, 0.3);
    metrics.observe("POST", 400, 0.003);
    expect(await valuesOf(registry, "pulsemesh_requests_total")).toEqual({
      'function="pulse-ingest",method="POST",code="202"': 2,
      'function="pulse-ingest",method="POST",code="400"': 1,
    });
    const buckets = await valuesOf(registry, "pulsemesh_request_latency_seconds_bucket");
    const post = 'function="pulse-ingest",method="POST"';
    expect(buckets[`le="0.001",${post}`]).toBe(0);
    expect(buckets[`le="0.005",${post}`]).toBe(2);
    expect(buckets[`le="+Inf",${post}`]).toBe(3);
    expect(await valuesOf(registry, "pulsemesh_request_latency_seconds_sum")).toEqual({ [post]: 0.306 });
    expect(await valuesOf(registry, "pulsemesh_request_latency_seconds_count")).toEqual({ [post]: 3 });
    expect(await registry.metrics()).toContain("# TYPE pulsemesh_request_latency_seconds histogram");
    expect(Object.keys(await valuesOf(registry, "nodejs_eventloop_lag_seconds"))).toHaveLength(1);
  });
});
