import { randomUUID } from "node:crypto";
import { Client } from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import type { WriteOutcome } from "../ports.ts";
import { clientOptionsOf } from "./client-options.ts";
import { type CassandraPulseStore, type CassandraPulseStoreOptions, openCassandraPulseStore } from "./pulse-store.ts";
import { countBytes, insertOf, pulseStatements } from "./row.ts";
import { skipReason, testSettings } from "./test-keyspace.ts";
import { createProxy } from "./test-proxy.ts";
import type { StoreBatch } from "./write-queue.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

describe.skipIf(skipReason() !== undefined)("the Cassandra pulse store", () => {
  let client: Client;
  const stores: CassandraPulseStore[] = [];
  const { keyspace, contactPoints = [] } = testSettings();

  beforeAll(async () => {
    client = new Client(await clientOptionsOf(testSettings()));
    await client.connect();
  });

  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await client.shutdown();
  });

  function open(
    settings: Partial<CassandraSettings> = {},
    options: Partial<CassandraPulseStoreOptions> = {},
  ): CassandraPulseStore {
    const store = openCassandraPulseStore({ settings: testSettings(settings), retentionMs: 30 * DAY_MS, ...options });
    stores.push(store);
    return store;
  }

  function pulseOf(fields: Partial<Pulse> = {}): Pulse {
    return {
      service_name: `s-${randomUUID()}`,
      event_time: Date.now(),
      latency_ms: 1,
      status: "ok",
      id: randomUUID(),
      source: "/",
      ...fields,
    };
  }

  async function idsOf(store: CassandraPulseStore, service: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const chunk of store.scan(service, ALL)) ids.push(...chunk.map(({ id }) => id));
    return ids;
  }

  const STORED: WriteOutcome = { kind: "stored" };

  it("gives a row the time to live that its event has left, and the writetime of its event", async () => {
    const store = open();
    await store.check();
    const pulse = pulseOf({ event_time: Date.now() - 10 * DAY_MS, metadata: { a: "b" } });
    expect(await store.write([pulse])).toEqual(STORED);
    const columns = "TTL(status) AS ttl, TTL(metadata) AS metadata_ttl, WRITETIME(status) AS writetime";
    const where = "WHERE service_name = ? AND bucket = ?";
    const key = [pulse.service_name, Math.floor(pulse.event_time / HOUR_MS) * HOUR_MS];
    const row = (
      await client.execute(`SELECT ${columns} FROM ${keyspace}.pulse_events_by_service ${where}`, key)
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
      const { info } = await client.execute(query, [...key], { traceQuery: true });
      const said = async () => {
        const trace = await client.metadata.getTrace(info.traceId);
        return trace.events.map(({ activity }) => activity).find((activity) => activity?.includes("tombstone cells"));
      };
      await expect.poll(said).toMatch(/ 0 tombstone cells/);
    }
  });

  it("counts the bytes of a batch as the server does, or a few more", async () => {
    const statements = pulseStatements(keyspace);
    const services = [`s-${randomUUID()}`, `s-${randomUUID()}`];
    // The server has a limit for batches of several partitions only; ours are of one, and kept under it nevertheless.
    const send = async (pulses: Pulse[]) => {
      const inserts = pulses.map((pulse) => insertOf(statements, { pulse, time: pulse.event_time, bytes: 0 }, 0, 1000));
      return await client.batch(inserts, { logged: false }).then(() => "taken", String);
    };
    for (const fields of [
      {},
      { metadata: { a: "b" } },
      { source: "/".repeat(500), status: "s".repeat(64) },
      { metadata: { k: "ü".repeat(1000), l: "v".repeat(1000) } },
    ]) {
      const pulses: Pulse[] = [];
      for (let bytes = 0; bytes < 50 * 1024; bytes += countBytes(pulses[0] as Pulse)) {
        pulses.push(pulseOf({ ...fields, service_name: services[pulses.length % 2] as string }));
      }
      expect(await send(pulses.slice(0, -1))).toBe("taken");
      const more = pulses.map((pulse) => ({ ...pulse, id: pulse.id.replaceAll("-", "+") }));
      expect(await send([...pulses, ...more])).toMatch(/Batch too large/);
    }
  });

  it("keeps batches under the bytes it is told", async () => {
    const batches: StoreBatch[] = [];
    const store = open({ maxBatchBytes: 10_000 }, { onBatch: (batch) => batches.push(batch) });
    await store.check();
    const event_time = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const first = pulseOf({ event_time });
    const perBatch = Math.floor(10_000 / countBytes(first));
    const pulses = Array.from({ length: 5 * perBatch }, () =>
      pulseOf({ service_name: first.service_name, event_time }),
    );
    expect(await store.write(pulses)).toEqual(STORED);
    expect(batches.map(({ rows }) => rows)).toEqual(Array.from({ length: 5 }, () => perBatch));
  });

  it("learns from refusals that the server takes less than it was told", async () => {
    const batches: StoreBatch[] = [];
    const store = open({ maxBatchBytes: 32 * 1024 * 1024 }, { onBatch: (batch) => batches.push(batch) });
    await store.check();
    const event_time = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const metadata = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`k${i}`, "ü".repeat(1020)]));
    const service = `s-${randomUUID()}`;
    // 16 MB, where max_mutation_size is half a commit log segment: 8 MB for a node of ours, 16 MB by default.
    const pulses = Array.from({ length: 250 }, () => pulseOf({ service_name: service, event_time, metadata }));
    expect(await store.write(pulses)).toEqual(STORED);
    expect(batches.length).toBeGreaterThan(1);
    expect(await idsOf(store, service)).toHaveLength(250);
  });

  it("sends a row alone that is larger than a batch may be", async () => {
    const batches: StoreBatch[] = [];
    const store = open({ maxBatchBytes: 1024 }, { onBatch: (batch) => batches.push(batch) });
    await store.check();
    const service = `s-${randomUUID()}`;
    const large = pulseOf({ service_name: service, metadata: { k: "v".repeat(1024), l: "w".repeat(1024) } });
    expect(await store.write([large, pulseOf({ service_name: service }), large])).toEqual(STORED);
    expect(batches.every(({ rows }) => rows === 1)).toBe(true);
    expect(await idsOf(store, service)).toHaveLength(2);
  });

  it("gathers the rows of one partition that come while others are on their way", async () => {
    const batches: StoreBatch[] = [];
    const store = open({}, { maxInFlightPerPartition: 1, onBatch: (batch) => batches.push(batch) });
    await store.check();
    const service = `s-${randomUUID()}`;
    const event_time = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const first = store.write([pulseOf({ service_name: service, event_time })]);
    await new Promise(setImmediate);
    const others = Array.from({ length: 60 }, () => store.write([pulseOf({ service_name: service, event_time })]));
    expect(store.queuedRows).toBe(61);
    expect(new Set([await first, ...(await Promise.all(others))].map(({ kind }) => kind))).toEqual(new Set(["stored"]));
    expect(batches.map(({ rows }) => rows)).toEqual([1, 60]);
    expect(store.queuedRows).toBe(0);
  });

  it("answers retry beyond the rows that may wait, and takes a single write of any size", async () => {
    const store = open({}, { maxQueuedRows: 100 });
    await store.check();
    const service = `s-${randomUUID()}`;
    const many = (count: number) => Array.from({ length: count }, () => pulseOf({ service_name: service }));
    const taken = store.write(many(1000));
    expect(await store.write(many(1))).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("Too many rows"),
    });
    expect(await taken).toEqual(STORED);
    expect(await store.write(many(1))).toEqual(STORED);
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
    const buckets = await client.execute(
      `SELECT bucket FROM ${keyspace}.pulse_buckets_by_service WHERE service_name = ?`,
      [service],
      { prepare: true },
    );
    expect(buckets.rowLength).toBe(2);
  });

  it("starts while Cassandra is away, answers retry, and is ready once it is there", async () => {
    const proxy = await createProxy(contactPoints[0] as string);
    const store = open({ contactPoints: [proxy.address], requestTimeoutMs: 5000 });
    await expect(store.check()).rejects.toThrow(
      /Expected Cassandra to be ready, got: No Cassandra node answers .*ECONNREFUSED/,
    );
    expect(await store.write([pulseOf()])).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("ECONNREFUSED"),
    });
    await expect(store.latest()).rejects.toThrow(/Expected Cassandra to be ready/);
    await proxy.open();
    await expect.poll(() => store.check().then(() => "ready", String)).toBe("ready");
    const pulse = pulseOf();
    expect(await store.write([pulse])).toEqual(STORED);
    await store.close();
    await proxy.cut();
  });

  it("answers retry in bounded time while nothing comes through, keeps no more than it may, and recovers by itself", async () => {
    const proxy = await createProxy(contactPoints[0] as string);
    await proxy.open();
    const requestTimeoutMs = 700;
    const store = open({ contactPoints: [proxy.address], requestTimeoutMs }, { maxQueuedRows: 5000 });
    await expect.poll(() => store.check().then(() => "ready", String)).toBe("ready");
    const service = `s-${randomUUID()}`;
    const writeSome = () => store.write(Array.from({ length: 50 }, () => pulseOf({ service_name: service })));
    proxy.freeze();
    const startedAt = performance.now();
    let mostQueued = 0;
    const outcomes = Array.from({ length: 300 }, () => {
      const outcome = writeSome();
      mostQueued = Math.max(mostQueued, store.queuedRows);
      return outcome;
    });
    expect(mostQueued).toBeLessThanOrEqual(5000);
    expect(new Set((await Promise.all(outcomes)).map(({ kind }) => kind))).toEqual(new Set(["retry"]));
    // Two turns at most: one that is on its way, and one behind it.
    expect(performance.now() - startedAt).toBeLessThan(20 * requestTimeoutMs);
    expect(store.queuedRows).toBe(0);
    await expect(store.check()).rejects.toThrow(/Expected Cassandra to (answer|be ready)/);
    proxy.thaw();
    await expect.poll(writeSome).toEqual(STORED);

    await proxy.cut();
    await expect.poll(writeSome).toMatchObject({ kind: "retry" });
    await proxy.open();
    await expect.poll(writeSome).toEqual(STORED);
    await store.close();
    await proxy.cut();
  });
});
