import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { ALL, asStored, HOUR, pulseOf, START, seriesOf } from "../testing/pulses.ts";
import { readLatest, readPages, scanChunks, store } from "../testing/read-back.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "./pulse-store.ts";
import type { SqliteStoreOptions } from "./store-file.ts";

const MIB = 1024 * 1024;
let file: string;

beforeEach(() => {
  file = join(temporaryFolder(), "pulses.db");
});

function open(options: Partial<SqliteStoreOptions> = {}): SqlitePulseStore {
  const own = openSqlitePulseStore({ file, maxBytes: 256 * MIB, retentionMs: 30 * DAY_MS, ...options });
  onTestFinished(() => own.close());
  return own;
}

/** A second way into the file, to see what is on disk or to hold its lock. */
function openRaw(path = file): DatabaseSync {
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  return database;
}

function countIn(database: DatabaseSync, table: "pulses" | "services"): number {
  return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count);
}

describe("the identity of a pulse", () => {
  it("keeps the first pulse when the same identity comes with other values", async () => {
    const own = open();
    const first = pulseOf({ service_name: "checkout", metadata: { a: "1" } });
    await store(own, [first, { ...first, latency_ms: 99, status: "down" }]);
    await store(own, [{ ...first, event_time: first.event_time + HOUR, metadata: { a: "2" } }]);
    expect(await readPages(own, "checkout")).toEqual([asStored(first)]);
    expect(await readLatest(own)).toEqual([asStored(first)]);
  });
});

describe("a full store", () => {
  it("answers retry, loses nothing, and takes writes again with more room", async () => {
    const outcomes: string[] = [];
    const small = open({ maxBytes: MIB, onBatch: ({ outcome }) => outcomes.push(outcome) });
    const pulses = seriesOf("checkout", 20_000, 1);
    const stored: Pulse[] = [];
    let refused: Pulse[] = [];
    for (let i = 0; refused.length === 0; i += 500) {
      const some = pulses.slice(i, i + 500);
      const outcome = await small.write(some);
      if (outcome.kind === "stored") stored.push(...some);
      else refused = some;
      if (outcome.kind !== "stored") expect(outcome).toMatchObject({ kind: "retry", reason: /PULSE_STORE_MAX_BYTES/ });
    }
    expect(stored.length).toBeGreaterThan(2000);
    expect(outcomes.at(-1)).toBe("retry");
    expect(statSync(file).size).toBeLessThanOrEqual(MIB);
    await small.check();
    expect((await scanChunks(small, "checkout")).flat()).toEqual(stored.map(asStored).reverse());
    const again = await Promise.all([small.write(refused), small.write(refused.slice(0, 250))]);
    expect(again.map(({ kind }) => kind)).toEqual(["retry", "retry"]);
    await small.close();
    const large = open({ maxBytes: 8 * MIB });
    await store(large, refused);
    expect((await scanChunks(large, "checkout")).flat()).toHaveLength(stored.length + refused.length);
  });

  it("takes writes again once pulses expire", async () => {
    let now = START;
    const own = open({ maxBytes: MIB, retentionMs: HOUR, purgeEveryMs: 5, now: () => now });
    const fill = async (name: string, from: number) => {
      for (let i = 0; ; i++) {
        const some = seriesOf(name, 250, 1, from).map((pulse) => ({ ...pulse, id: `${name}-${i}-${pulse.id}` }));
        if ((await own.write(some)).kind !== "stored") return i;
      }
    };
    const before = await fill("before", START);
    now = START + 2 * HOUR;
    const next = pulseOf({ service_name: "next", event_time: now });
    await vi.waitFor(async () => store(own, [next]), { interval: 5 });
    const raw = openRaw();
    await vi.waitFor(() => expect(countIn(raw, "pulses")).toBe(1), { interval: 5 });
    // The freed room is used again; a page here and there stays part empty.
    expect(await fill("behind", now)).toBeGreaterThan(before * 0.8);
    expect(statSync(file).size).toBeLessThanOrEqual(MIB);
  });
});

describe("the retention", () => {
  it("hides a pulse at the moment when it is too old, before it deletes the pulse", async () => {
    let now = START;
    const own = open({ retentionMs: HOUR, now: () => now });
    const pulse = pulseOf({ service_name: "checkout" });
    await store(own, [pulse]);
    now = START + HOUR;
    expect(await readPages(own, "checkout")).toEqual([asStored(pulse)]);
    now += 1;
    expect(await readPages(own, "checkout")).toEqual([]);
    expect(await scanChunks(own, "checkout")).toEqual([]);
    expect(await readLatest(own)).toEqual([]);
    expect(countIn(openRaw(), "pulses")).toBe(1);
  });

  it("deletes expired pulses in chunks, and services without pulses", async () => {
    const now = START + 10 * HOUR;
    const own = open({ retentionMs: HOUR, purgeEveryMs: 5, now: () => now });
    const young = pulseOf({ service_name: "young", event_time: now });
    await store(own, [...seriesOf("a", 1800, 1), ...seriesOf("b", 3, 1), ...seriesOf("young", 700, 1), young]);
    const raw = openRaw();
    await vi.waitFor(() => expect(countIn(raw, "services")).toBe(1), { interval: 5 });
    expect(countIn(raw, "pulses")).toBe(1);
    expect(await readLatest(own)).toEqual([asStored(young)]);
    const back = pulseOf({ service_name: "b", event_time: now });
    await store(own, [back]);
    expect(await readPages(own, "b")).toEqual([asStored(back)]);
  });

  it("makes a handle delete only once it has written", async () => {
    const now = START + 10 * HOUR;
    const writer = open();
    await store(writer, [pulseOf({ service_name: "old" })]);
    const reader = open({ retentionMs: HOUR, purgeEveryMs: 1, now: () => now });
    const otherFile = `${file}-other`;
    const other = open({ retentionMs: HOUR, purgeEveryMs: 1, now: () => now, file: otherFile });
    await store(other, [pulseOf({ service_name: "old" })]);
    const raw = openRaw();
    const otherRaw = openRaw(otherFile);
    expect(await readLatest(reader)).toEqual([]);
    await vi.waitFor(() => expect(countIn(otherRaw, "pulses")).toBe(0), { interval: 5 });
    expect(countIn(raw, "pulses")).toBe(1);
  });
});

describe("several handles on one file", () => {
  it("read while another has a transaction open, and answer writes with retry until it ends", async () => {
    const own = open();
    const pulse = pulseOf({ service_name: "checkout" });
    await store(own, [pulse]);
    const raw = openRaw();
    raw.exec("BEGIN IMMEDIATE; DELETE FROM pulses");
    expect(await readPages(own, "checkout")).toEqual([asStored(pulse)]);
    expect(await readLatest(own)).toHaveLength(1);
    const next = pulseOf({ service_name: "checkout" });
    expect(await own.write([next])).toMatchObject({ kind: "retry", retryAfterMs: 100 });
    raw.exec("ROLLBACK");
    await store(own, [next]);
    expect(await readPages(own, "checkout")).toHaveLength(2);
  });

  it("write again to a service that another handle has deleted", async () => {
    const now = START + 10 * HOUR;
    const own = open();
    await store(own, [pulseOf({ service_name: "checkout" })]);
    const purger = open({ retentionMs: HOUR, purgeEveryMs: 5, now: () => now });
    // This service takes the id of the deleted one, unless ids are looked up again.
    await store(purger, [pulseOf({ service_name: "b", event_time: now })]);
    const raw = openRaw();
    await vi.waitFor(() => expect(countIn(raw, "services")).toBe(1), { interval: 5 });
    const again = pulseOf({ service_name: "checkout", event_time: now });
    await store(own, [again]);
    expect(await readPages(own, "checkout")).toEqual([asStored(again)]);
  });

  it("leave a log of bounded length", async () => {
    const own = open();
    const reader = open();
    for (let i = 0; i < 20; i++) {
      await store(
        own,
        seriesOf(`service-${i % 7}`, 2000, 10, START + i * HOUR).map((pulse) => ({ ...pulse, id: `${i}/${pulse.id}` })),
      );
      expect(await reader.page(`service-${i % 7}`, ALL, 10)).toMatchObject({ ok: true });
    }
    expect(statSync(`${file}-wal`).size).toBeLessThan(16 * MIB);
  });
});

it("refuses to be read once it is closed", async () => {
  const own = open();
  await own.close();
  const remedy = /Expected the store .*pulses\.db to be open, got a closed one/;
  await expect(own.page("checkout", ALL, 1)).rejects.toThrow(remedy);
  await expect(readLatest(own)).rejects.toThrow(remedy);
  await expect(scanChunks(own, "checkout")).rejects.toThrow(remedy);
});
