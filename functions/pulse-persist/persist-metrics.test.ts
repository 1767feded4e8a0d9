import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { MAX_LATENCY_MS } from "../../events/pulse.ts";
import { YOUNG_MS } from "../metrics/limits.ts";
import { MAX_SERVICE_LABELS, OTHER_SERVICES } from "../metrics/names.ts";
import { valuesOf } from "../testing/metric-values.ts";
import { pulse } from "../testing/pulse.ts";
import { PersistMetrics } from "./persist-metrics.ts";

/** When the broker took the pulses of {@link pulse}. */
const ARRIVAL = 1_000_000;

describe("persist's metrics", () => {
  it("have bounded labels for services", async () => {
    const registry = new Registry();
    const metrics = new PersistMetrics([registry]);
    for (let i = 0; i < MAX_SERVICE_LABELS + 100; i++) metrics.observeStored([pulse(`service-${i}`)], ARRIVAL);
    const stored = await valuesOf(registry, "pulsemesh_pulses_stored_total");
    expect(Object.keys(stored)).toHaveLength(MAX_SERVICE_LABELS + 1);
    expect(stored[`service="${OTHER_SERVICES}",health="up"`]).toBe(100);
    const counts = await valuesOf(registry, "pulsemesh_pulse_latency_seconds_count");
    expect(counts[`service="${OTHER_SERVICES}"`]).toBe(100);
  });

  it("keep the newest time of each health, in any order of arrival", async () => {
    const registry = new Registry();
    const metrics = new PersistMetrics([registry]);
    metrics.observeStored([pulse("a", { event_time: 5000 }), pulse("a", { event_time: 3000 })], ARRIVAL);
    metrics.observeStored([pulse("a", { event_time: 4000, status: "error" })], ARRIVAL);
    expect(await valuesOf(registry, "pulsemesh_last_pulse_timestamp_seconds")).toEqual({
      'service="a",health="up"': 5,
      'service="a",health="down"': 4,
    });
  });

  it("count the statuses that stand for no health, with bounded labels", async () => {
    const registry = new Registry();
    const metrics = new PersistMetrics([registry]);
    metrics.observeStored([pulse("a"), pulse("a", { status: "meh" }), pulse("b", { status: "meh" })], ARRIVAL);
    for (let i = 1; i < 25; i++) metrics.observeStored([pulse("a", { status: `code ${i}` })], ARRIVAL);
    const counts = await valuesOf(registry, "pulsemesh_unknown_statuses_total");
    expect(counts['status="meh"']).toBe(2);
    expect(counts['status="_other"']).toBe(5);
    expect(Object.keys(counts)).toHaveLength(21);
  });

  it("have a bucket up to the longest latency of a pulse, so that no quantile ends below it", async () => {
    const registry = new Registry();
    new PersistMetrics([registry]).observeStored([pulse("a", { latency_ms: MAX_LATENCY_MS })], ARRIVAL);
    const counts = Object.entries(await valuesOf(registry, "pulsemesh_pulse_latency_seconds_bucket"));
    const holding = counts.filter(([, count]) => count === 1).map(([labels]) => /le="([^"]+)"/.exec(labels)?.[1]);
    expect(holding).toEqual([String(MAX_LATENCY_MS / 1000), "+Inf"]);
  });

  it("count old pulses apart, and leave them out of percentiles and lag", async () => {
    const registry = new Registry();
    const metrics = new PersistMetrics([registry]);
    const month = Array.from({ length: 100 }, (_, i) => pulse("a", { event_time: ARRIVAL - YOUNG_MS - 1 - i }));
    metrics.observeStored(month, ARRIVAL);
    metrics.observeStored([pulse("a", { event_time: ARRIVAL - YOUNG_MS }), ...month.slice(0, 3)], ARRIVAL);
    metrics.observeStored([pulse("a", { event_time: Date.now() })], undefined);
    expect(await valuesOf(registry, "pulsemesh_pulses_stored_total")).toEqual({
      'service="a",health="up"': 2,
      'service="a",health="up",age="old"': 103,
    });
    expect(await valuesOf(registry, "pulsemesh_pulse_latency_seconds_count")).toEqual({ 'service="a"': 2 });
    expect(await valuesOf(registry, "pulsemesh_delivery_lag_seconds_count")).toEqual({ "": 1 });
  });

  it("tell a delivery of minutes from one of ten seconds", async () => {
    const registry = new Registry();
    const metrics = new PersistMetrics([registry]);
    for (const seconds of [9, 200]) {
      const arrival = Date.now() - seconds * 1000;
      metrics.observeStored([pulse("a", { event_time: arrival })], arrival);
    }
    const upTo = await valuesOf(registry, "pulsemesh_delivery_lag_seconds_bucket");
    expect([upTo['le="10"'], upTo['le="60"'], upTo['le="300"']]).toEqual([1, 1, 2]);
  });
});
