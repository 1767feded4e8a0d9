import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import type { StoreBatch } from "../ports.ts";
import { pulseOf, seriesOf } from "../testing/pulses.ts";
import { readLatest, readPages, store } from "../testing/read-back.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "./pulse-store.ts";

function open(
  onBatch: (batch: StoreBatch) => void = () => undefined,
  file = join(temporaryFolder(), "pulses.db"),
): SqlitePulseStore {
  const own = openSqlitePulseStore({ file, maxBytes: 256 * 1024 * 1024, retentionMs: 30 * DAY_MS, onBatch });
  onTestFinished(() => own.close());
  return own;
}

describe("group commit", () => {
  it("puts the writes of one turn of the event loop into one transaction", async () => {
    const batches: StoreBatch[] = [];
    const own = open((batch) => batches.push(batch));
    const writes = seriesOf("checkout", 100, 1).map((pulse) => own.write([pulse]));
    expect(own.queuedRows).toBe(100);
    await Promise.all(writes);
    expect(own.queuedRows).toBe(0);
    expect(batches).toEqual([{ rows: 100, durationMs: expect.any(Number), outcome: "stored" }]);
  });

  it("bounds the rows of a transaction, without splitting a write", async () => {
    const rows: number[] = [];
    const own = open((batch) => rows.push(batch.rows));
    const pulses = seriesOf("checkout", 16_000, 1);
    const parts = [pulses.slice(0, 2000), pulses.slice(2000, 5000), pulses.slice(5000, 15_000), pulses.slice(15_000)];
    await Promise.all(parts.map((part) => store(own, part)));
    expect(rows).toEqual([5000, 10_000, 1000]);
  });

  it("has committed before it answers", async () => {
    const file = join(temporaryFolder(), "pulses.db");
    const own = open(undefined, file);
    const raw = new DatabaseSync(file);
    onTestFinished(() => raw.close());
    for (const pulse of seriesOf("checkout", 5, 1)) {
      await store(own, [pulse]);
      expect(raw.prepare("SELECT count(*) AS count FROM pulses").get()).toEqual({ count: Number(pulse.id) + 1 });
    }
  });

  it("rejects a write that cannot be stored and stores its neighbours", async () => {
    const batches: string[] = [];
    const own = open((batch) => batches.push(`${batch.outcome} ${batch.rows}`));
    const [before, after] = [pulseOf({ service_name: "before" }), pulseOf({ service_name: "after" })];
    const bad = { ...pulseOf({ service_name: "bad" }), latency_ms: "slow" as unknown as number };
    const outcomes = await Promise.all([
      own.write([before]),
      own.write([pulseOf({ service_name: "bad" }), bad]),
      own.write([after]),
    ]);
    expect(outcomes).toEqual([
      { kind: "stored" },
      { kind: "rejected", reason: expect.stringContaining("latency_ms") },
      { kind: "stored" },
    ]);
    expect((await readLatest(own)).map((pulse) => pulse.service_name)).toEqual(["after", "before"]);
    expect(batches).toEqual(["rejected 4", "stored 1", "rejected 2", "stored 1"]);
    await store(own, [pulseOf({ service_name: "bad" })]);
    expect(await readPages(own, "bad")).toHaveLength(1);
  });

  it("throws a fault of our own code to the one whose write met it, and stores its neighbours", async () => {
    const batches: string[] = [];
    const own = open((batch) => batches.push(`${batch.outcome} ${batch.rows}`));
    const bad = Object.defineProperty(pulseOf({ service_name: "bad" }), "latency_ms", {
      get: () => {
        throw new TypeError("undefined is not iterable");
      },
    });
    const outcomes = await Promise.allSettled([own.write([pulseOf({ service_name: "before" })]), own.write([bad])]);
    expect(outcomes).toEqual([
      { status: "fulfilled", value: { kind: "stored" } },
      { status: "rejected", reason: new TypeError("undefined is not iterable") },
    ]);
    expect((await readLatest(own)).map((pulse) => pulse.service_name)).toEqual(["before"]);
    expect(batches).toEqual(["defect 2", "stored 1", "defect 1"]);
  });
});
