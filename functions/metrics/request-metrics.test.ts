import { describe, expect, it } from "vitest";
import { valuesOf } from "../testing/metric-values.ts";
import { createRegistry } from "./registry.ts";
import { RequestMetrics } from "./request-metrics.ts";

describe("metrics of requests", () => {
  it("count by method and answer, beside node's process metrics", async () => {
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
    expect(Object.keys(await valuesOf(registry, "process_start_time_seconds"))).toHaveLength(1);
  });
});
