import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  ALL,
  clientHolder,
  DAY_MS,
  HOUR_MS,
  idsOf,
  pulseOf,
  STORED,
  storeOpener,
} from "../testing/cassandra-pulse-store.ts";
import { skipReason, testSettings } from "../testing/keyspace.ts";
import type { CassandraPulseStore } from "./pulse-store.ts";

describe.skipIf(skipReason() !== undefined)("the Cassandra pulse store", () => {
  const open = storeOpener();
  const cassandra = clientHolder();
  const { keyspace } = testSettings();

  it("gives a row the time to live that its event has left, and the writetime of its event", async () => {
    const store = open();
    await store.check();
    const pulse = pulseOf({ event_time: Date.now() - 10 * DAY_MS, metadata: { a: "b" } });
    expect(await store.write([pulse])).toEqual(STORED);
    const columns = "TTL(status) AS ttl, TTL(metadata) AS metadata_ttl, WRITETIME(status) AS writetime";
    const where = "WHERE service_name = ? AND bucket = ?";
    const key = [pulse.service_name, Math.floor(pulse.event_time / HOUR_MS) * HOUR_MS];
    const row = (
      await cassandra.client.execute(`SELECT ${columns} FROM ${keyspace}.pulse_events_by_service ${where}`, key)
    ).first();
    expect(row?.ttl).toBeGreaterThan((20 * DAY_MS) / 1000 - 100);
    expect(row?.ttl).toBeLessThanOrEqual((20 * DAY_MS) / 1000);
    expect(Math.abs(row?.metadata_ttl - row?.ttl)).toBeLessThan(2);
    expect(row?.writetime.toNumber()).toBe(pulse.event_time * 1000);
  });

  it("writes no tombstone for what a pulse has not, nor when it is written again", async () => {
    const store = open();
    await store.check();
    const pulse = pulseOf();
    await store.write([pulse, pulseOf({ service_name: pulse.service_name, metadata: { a: "b" } })]);
    await store.write([pulse]);
    const bucket = Math.floor(pulse.event_time / HOUR_MS) * HOUR_MS;
    for (const [table, where, key] of [
      ["pulse_events_by_service", "service_name = ? AND bucket = ?", [pulse.service_name, bucket]],
      ["latest_pulse_by_service", "service_name = ?", [pulse.service_name]],
      ["pulse_buckets_by_service", "service_name = ?", [pulse.service_name]],
    ] as const) {
      const query = `SELECT * FROM ${keyspace}.${table} WHERE ${where}`;
      const { info } = await cassandra.client.execute(query, [...key], { traceQuery: true });
      const said = async () => {
        const trace = await cassandra.client.metadata.getTrace(info.traceId);
        return trace.events.map(({ activity }) => activity).find((activity) => activity?.includes("tombstone cells"));
      };
      await expect.poll(said).toMatch(/ 0 tombstone cells/);
    }
  });

  it("rejects what Cassandra can never hold, and stores the rest of the write", async () => {
    const store = open();
    await store.check();
    const pulse = pulseOf();
    const wrong = pulseOf({
      service_name: pulse.service_name,
      latency_ms: "fast" as unknown as number,
      event_time: pulse.event_time - 2 * HOUR_MS,
    });
    expect(await store.write([pulse, wrong])).toMatchObject({ kind: "rejected", reason: /Cassandra cannot hold it/ });
    expect(await idsOf(store, pulse.service_name)).toEqual([pulse.id]);
  });

  it("shows as the latest what is left when the time of an arrival gives way to an earlier one", async () => {
    const store = open();
    await store.check();
    const service = `s-${randomUUID()}`;
    const time = Date.now() - 5 * HOUR_MS;
    const arrival = pulseOf({ service_name: service, event_time: time + 2 * HOUR_MS, is_time_of_arrival: true });
    const between = pulseOf({ service_name: service, event_time: time + HOUR_MS });
    await store.write([arrival]);
    await store.write([between]);
    await store.write([{ ...arrival, event_time: time }]);
    expect(await idsOf(store, service)).toEqual([between.id, arrival.id]);
    const latest = (await store.latest()).find((pulse) => pulse.service_name === service);
    expect(latest).toMatchObject({ id: between.id, event_time: between.event_time });
  });

  it("keeps a pulse once when arrivals of it meet in several processes, in any order", async () => {
    const handles = [open(), open(), open()];
    for (const handle of handles) await handle.check();
    for (let run = 0; run < 15; run++) {
      const pulse = pulseOf({ is_time_of_arrival: true });
      const times = Array.from({ length: 6 }, () => Date.now() - Math.floor(Math.random() * 5 * HOUR_MS));
      const outcomes = await Promise.all(
        times.map((event_time, i) => (handles[i % 3] as CassandraPulseStore).write([{ ...pulse, event_time }])),
      );
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["stored"]));
      const reader = handles[0] as CassandraPulseStore;
      const page = await reader.page(pulse.service_name, ALL, 10);
      expect(page.ok && page.value.pulses.map(({ event_time }) => event_time)).toEqual([Math.min(...times)]);
    }
  });

  it("reads a month of a service that pulses twice without asking for the hours between", async () => {
    const store = open();
    await store.check();
    const service = `s-${randomUUID()}`;
    const old = pulseOf({ service_name: service, event_time: Date.now() - 29 * DAY_MS });
    const young = pulseOf({ service_name: service });
    await store.write([old, young]);
    expect(await idsOf(store, service)).toEqual([young.id, old.id]);
    const buckets = await cassandra.client.execute(
      `SELECT bucket FROM ${keyspace}.pulse_buckets_by_service WHERE service_name = ?`,
      [service],
      { prepare: true },
    );
    expect(buckets.rowLength).toBe(2);
  });
});
