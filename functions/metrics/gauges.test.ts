import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { gaugeCassandraNodes, gaugeStart, gaugeStoreSpace } from "./gauges.ts";

it("reads the store's space and Cassandra's nodes at each scrape", async () => {
  const registry = new Registry();
  let usedBytes = 100;
  gaugeStoreSpace([registry], () => ({ usedBytes, freeBytes: 1000 - usedBytes }));
  gaugeCassandraNodes([registry], () => ({ up: 2, down: 1 }));
  gaugeStart([registry], 0.25);
  await registry.metrics();
  usedBytes = 300;
  const text = await registry.metrics();
  expect(text).toContain("pulsemesh_store_used_bytes 300\n");
  expect(text).toContain("pulsemesh_store_free_bytes 700\n");
  expect(text).toContain('pulsemesh_cassandra_nodes{state="down"} 1\n');
  expect(text).toContain("pulsemesh_start_seconds 0.25\n");
});
