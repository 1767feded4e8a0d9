import { expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { STORED } from "../outcome.ts";
import type { StoreBatch } from "../ports.ts";
import { idsOf, openReadyStore, openTestClient } from "../testing/cassandra-store.ts";
import { describeUnless } from "../testing/describe-unless.ts";
import { RETENTION_MS } from "../testing/keyspace.ts";
import { newService, pulseOf } from "../testing/pulses.ts";
import { skipReason, testSettings } from "../testing/shared-cassandra.ts";
import { countBytes, insertOf, pulseStatements } from "./pulse-row.ts";

describeUnless(skipReason(), "the Cassandra pulse store", () => {
  it("counts the bytes of a batch as the server does, or a few more", async () => {
    const client = await openTestClient();
    const statements = pulseStatements(testSettings().keyspace);
    const times = { retentionMs: RETENTION_MS, bucketMs: 3_600_000, era: 0 };
    const services = [newService(), newService()];
    // The server limits batches of several partitions only; the store's are of one, and stay under the limit all the same.
    const send = async (pulses: Pulse[]) => {
      const inserts = pulses.map((pulse) => insertOf(statements, { pulse, time: pulse.event_time }, 0, 1000, times));
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

  it("keeps batches under the configured bytes", async () => {
    const batches: StoreBatch[] = [];
    const store = await openReadyStore({ maxBatchBytes: 10_000 }, { onBatch: (batch) => batches.push(batch) });
    const first = pulseOf();
    const perBatch = Math.floor(10_000 / countBytes(first));
    const pulses = Array.from({ length: 5 * perBatch }, () => pulseOf({ service_name: first.service_name }));
    expect(await store.write(pulses)).toEqual(STORED);
    expect(batches.map(({ rows }) => rows)).toEqual(Array.from({ length: 5 }, () => perBatch));
  });

  it("learns from refusals that the server takes less than is configured", async () => {
    const batches: StoreBatch[] = [];
    const store = await openReadyStore(
      { maxBatchBytes: 32 * 1024 * 1024 },
      { onBatch: (batch) => batches.push(batch) },
    );
    const metadata = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`k${i}`, "ü".repeat(1020)]));
    const service = newService();
    // 16 MB, while max_mutation_size is half a commit log segment: 8 MB for a test's node, 16 MB by default.
    const pulses = Array.from({ length: 250 }, () => pulseOf({ service_name: service, metadata }));
    expect(await store.write(pulses)).toEqual(STORED);
    expect(batches.length).toBeGreaterThan(1);
    expect(await idsOf(store, service)).toHaveLength(250);
  });

  it("sends a row alone that is larger than a batch may be", async () => {
    const batches: StoreBatch[] = [];
    const store = await openReadyStore({ maxBatchBytes: 1024 }, { onBatch: (batch) => batches.push(batch) });
    const service = newService();
    const large = pulseOf({ service_name: service, metadata: { k: "v".repeat(1024), l: "w".repeat(1024) } });
    expect(await store.write([large, pulseOf({ service_name: service }), large])).toEqual(STORED);
    expect(batches.every(({ rows }) => rows === 1)).toBe(true);
    expect(await idsOf(store, service)).toHaveLength(2);
  });

  it("gathers rows of one partition while others are on their way", async () => {
    const batches: StoreBatch[] = [];
    const store = await openReadyStore({}, { maxInFlightPerPartition: 1, onBatch: (batch) => batches.push(batch) });
    const service = newService();
    const first = store.write([pulseOf({ service_name: service })]);
    await new Promise(setImmediate);
    const others = Array.from({ length: 60 }, () => store.write([pulseOf({ service_name: service })]));
    expect(store.queuedRows).toBe(61);
    expect(new Set([await first, ...(await Promise.all(others))].map(({ kind }) => kind))).toEqual(new Set(["stored"]));
    expect(batches.map(({ rows }) => rows)).toEqual([1, 60]);
    expect(store.queuedRows).toBe(0);
  });

  it("answers retry past the rows that may wait, and takes a single write of any size", async () => {
    const store = await openReadyStore({}, { maxQueuedRows: 100 });
    const service = newService();
    const many = (count: number) => Array.from({ length: count }, () => pulseOf({ service_name: service }));
    const taken = store.write(many(1000));
    expect(await store.write(many(1))).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("Too many rows"),
    });
    expect(await taken).toEqual(STORED);
    expect(await store.write(many(1))).toEqual(STORED);
  });
});
