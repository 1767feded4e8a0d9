import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { STORED } from "../outcome.ts";
import { idsOf, openReadyStore, openTestClient } from "../testing/cassandra-store.ts";
import { describeUnless } from "../testing/describe-unless.ts";
import { dropKeyspace, makeKeyspace } from "../testing/keyspace.ts";
import { ALL, asStored, HOUR, inReadingOrder, newService, pulseOf, START, seriesOf } from "../testing/pulses.ts";
import { latestOf, readPages, scanChunks } from "../testing/read-back.ts";
import { skipReason, testSettings } from "../testing/shared-cassandra.ts";
import { bucketOf } from "./pulse-row.ts";

/** Makes a keyspace that no other test uses; the end of the test drops it. */
async function makeOwnKeyspace() {
  const settings = testSettings({ keyspace: `own_test_${randomUUID().slice(0, 8)}` });
  await makeKeyspace(settings);
  onTestFinished(() => dropKeyspace(settings));
  return settings;
}

describeUnless(skipReason(), "the Cassandra pulse store", () => {
  const { keyspace } = testSettings();

  it("gives a row the TTL that its event has left, and the writetime of its event", async () => {
    // A keyspace in which nothing was forgotten yet: that moves writetimes.
    const { keyspace } = await makeOwnKeyspace();
    const store = await openReadyStore({ keyspace });
    const pulse = pulseOf({ event_time: Date.now() - 10 * DAY_MS, metadata: { a: "b" } });
    expect(await store.write([pulse])).toEqual(STORED);
    const columns = "TTL(pulse) AS ttl, WRITETIME(pulse) AS writetime";
    const where = "WHERE service_name = ? AND bucket = ?";
    const key = [pulse.service_name, bucketOf(pulse.event_time, HOUR)];
    const client = await openTestClient();
    const query = `SELECT ${columns} FROM ${keyspace}.pulse_events_by_service ${where}`;
    const row = (await client.execute(query, key)).first();
    expect(row?.ttl).toBeGreaterThan((20 * DAY_MS) / 1000 - 100);
    expect(row?.ttl).toBeLessThanOrEqual((20 * DAY_MS) / 1000);
    // 1 µs for each hour of the retention.
    expect(row?.writetime.toNumber()).toBe(pulse.event_time * 1000 + 720);
  });

  it("lets what is written again under a longer retention outrank the first copy, in any order", async () => {
    const client = await openTestClient();
    const short = await openReadyStore();
    const long = await openReadyStore({}, { retentionMs: 60 * DAY_MS });
    for (const stores of [
      [short, long],
      [long, short],
    ]) {
      const pulse = pulseOf();
      for (const store of stores) expect(await store.write([pulse])).toEqual(STORED);
      const query = `SELECT TTL(pulse) AS ttl FROM ${keyspace}.pulse_events_by_service WHERE service_name = ? AND bucket = ?`;
      const row = (await client.execute(query, [pulse.service_name, bucketOf(pulse.event_time, HOUR)])).first();
      expect(row?.ttl).toBeGreaterThan((50 * DAY_MS) / 1000);
      expect(await readPages(short, pulse.service_name)).toEqual([asStored(pulse)]);
    }
  });

  it("shows a service again, minutes after somebody has emptied the tables by hand", async () => {
    const settings = await makeOwnKeyspace();
    let passedMs = 0;
    const store = await openReadyStore({ keyspace: settings.keyspace }, { now: () => Date.now() + passedMs });
    const pulses = seriesOf(newService(), 3, 1);
    const [first, second, third] = pulses as [Pulse, Pulse, Pulse];
    expect(await store.write([first])).toEqual(STORED);
    const client = await openTestClient();
    for (const table of ["pulse_events_by_service", "pulse_buckets_by_service", "latest_pulse_by_service"]) {
      await client.execute(`TRUNCATE ${settings.keyspace}.${table}`, [], { prepare: false, readTimeout: 60_000 });
    }
    expect(await store.write([second])).toEqual(STORED);
    passedMs = 11 * 60_000;
    expect(await store.write([third])).toEqual(STORED);
    expect(await idsOf(store, first.service_name)).toEqual([third.id, second.id]);
    expect(await latestOf(store, first.service_name)).toEqual(asStored(third));
  });

  it("reads pages of bounded bytes, not only of bounded rows", async () => {
    const store = await openReadyStore();
    const service = newService();
    const metadata = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`key-${i}`, "v".repeat(1024)]));
    for (let i = 0; i < 10; i++) {
      const pulses = Array.from({ length: 50 }, (_, j) =>
        pulseOf({ service_name: service, event_time: START + 50 * i + j, metadata }),
      );
      expect(await store.write(pulses)).toEqual(STORED);
    }
    const sizes = (await scanChunks(store, service)).map((chunk) => chunk.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(500);
    // A row weighs 33 KB: after the first page, a page holds a megabyte.
    expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(31);
    const again = (await scanChunks(store, service)).map((chunk) => chunk.length);
    expect(Math.max(...again)).toBeLessThanOrEqual(31);
  });

  it("passes over rows without values, and says so", async () => {
    const lines: string[] = [];
    const store = await openReadyStore({}, { onLine: (line) => lines.push(line) });
    const pulse = pulseOf({ metadata: { a: "b" } });
    await store.write([pulse]);
    const client = await openTestClient();
    const key = [pulse.service_name, bucketOf(pulse.event_time, HOUR), pulse.event_time + 1, "/", "empty"];
    const insert = `INSERT INTO ${keyspace}.pulse_events_by_service (service_name, bucket, event_time, event_source, event_id)`;
    await client.execute(`${insert} VALUES (?, ?, ?, ?, ?)`, key);
    await client.execute(
      `DELETE pulse FROM ${keyspace}.latest_pulse_by_service WHERE service_name = ?`,
      key.slice(0, 1),
    );
    expect(await readPages(store, pulse.service_name)).toEqual([asStored(pulse)]);
    expect((await scanChunks(store, pulse.service_name)).flat()).toEqual([asStored(pulse)]);
    expect(lines).toEqual([`1 rows without values were passed over so far, the last of ${pulse.service_name}`]);
  });

  it("reads rows from before the values were one cell", async () => {
    const store = await openReadyStore();
    const pulse = pulseOf({ metadata: { a: "b" } });
    await store.write([pulse]);
    const client = await openTestClient();
    const old = `INSERT INTO ${keyspace}.pulse_events_by_service (service_name, bucket, event_time, event_source, event_id, latency_ms, status, metadata)`;
    const values = [pulse.service_name, bucketOf(pulse.event_time, HOUR), pulse.event_time, "/pulse", "old", 7, "slow"];
    await client.execute(`${old} VALUES (?, ?, ?, ?, ?, ?, ?, {'z': '1'})`, values);
    const expected = [pulse, { ...pulse, id: "old", latency_ms: 7, status: "slow", metadata: { z: "1" } }];
    expect(await readPages(store, pulse.service_name)).toEqual(expected.map(asStored).sort(inReadingOrder));
  });

  it("writes no tombstone for what a pulse does not have, nor when a pulse is written twice", async () => {
    const store = await openReadyStore();
    const pulse = pulseOf();
    await store.write([pulse, pulseOf({ service_name: pulse.service_name, metadata: { a: "b" } })]);
    await store.write([pulse]);
    const bucket = bucketOf(pulse.event_time, HOUR);
    const client = await openTestClient();
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

  it("rejects what Cassandra can never hold, and stores the rest of the write", async () => {
    const store = await openReadyStore();
    const pulse = pulseOf();
    const wrong = pulseOf({
      service_name: pulse.service_name,
      latency_ms: "fast" as unknown as number,
      event_time: pulse.event_time - 2 * HOUR,
    });
    expect(await store.write([pulse, wrong])).toMatchObject({ kind: "rejected", reason: /Cassandra cannot hold it/ });
    expect(await idsOf(store, pulse.service_name)).toEqual([pulse.id]);
  });

  it("throws for what our own code cannot make a row of, stores the rest of the write, and closes all the same", async () => {
    const store = await openReadyStore();
    const pulse = pulseOf();
    const metadata = null as unknown as Record<string, string>;
    const wrong = pulseOf({ service_name: pulse.service_name, metadata, event_time: pulse.event_time - 2 * HOUR });
    await expect(store.write([pulse, wrong])).rejects.toThrow(TypeError);
    expect(await idsOf(store, pulse.service_name)).toEqual([pulse.id]);
    expect(store.queuedRows).toBe(0);
    await store.close();
  });

  it("shows the next pulse as the latest when an arrival gives up its time for an earlier one", async () => {
    const store = await openReadyStore();
    const service = newService();
    const time = Date.now() - 5 * HOUR;
    const arrival = pulseOf({ service_name: service, event_time: time + 2 * HOUR, is_time_of_arrival: true });
    const between = pulseOf({ service_name: service, event_time: time + HOUR });
    await store.write([arrival]);
    await store.write([between]);
    await store.write([{ ...arrival, event_time: time }]);
    expect(await idsOf(store, service)).toEqual([between.id, arrival.id]);
    expect(await latestOf(store, service)).toMatchObject({ id: between.id, event_time: between.event_time });
  });

  it("keeps a pulse once when it arrives in several processes at once, in any order", async () => {
    const handles = [await openReadyStore(), await openReadyStore(), await openReadyStore()] as const;
    for (let run = 0; run < 15; run++) {
      const pulse = pulseOf({ is_time_of_arrival: true });
      const times = Array.from({ length: 6 }, () => Date.now() - Math.floor(Math.random() * 5 * HOUR));
      const outcomes = await Promise.all(
        times.map((event_time, i) => (handles[i % 3] ?? handles[0]).write([{ ...pulse, event_time }])),
      );
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["stored"]));
      const page = await handles[0].page(pulse.service_name, ALL, 10);
      expect(page.ok && page.value.pulses.map(({ event_time }) => event_time)).toEqual([Math.min(...times)]);
    }
  });

  it("reads a month of a service with two pulses without asking for the hours between", async () => {
    const store = await openReadyStore();
    const service = newService();
    const old = pulseOf({ service_name: service, event_time: Date.now() - 29 * DAY_MS });
    const young = pulseOf({ service_name: service });
    await store.write([old, young]);
    expect(await idsOf(store, service)).toEqual([young.id, old.id]);
    const client = await openTestClient();
    const buckets = await client.execute(
      `SELECT bucket FROM ${keyspace}.pulse_buckets_by_service WHERE service_name = ?`,
      [service],
      { prepare: true },
    );
    expect(buckets.rowLength).toBe(2);
  });
});
