import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { pulseOf, START } from "../testing/pulses.ts";
import { readPages, store } from "../testing/read-back.ts";
import { dropHealth } from "../testing/sqlite-before-health.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "./pulse-store.ts";
import type { SqliteStoreOptions } from "./store-file.ts";

let file: string;

beforeEach(() => {
  file = join(temporaryFolder(), "pulses.db");
});

function open(options: Partial<SqliteStoreOptions> = {}): SqlitePulseStore {
  const own = openSqlitePulseStore({ file, maxBytes: 256 * 1024 * 1024, retentionMs: 30 * DAY_MS, ...options });
  onTestFinished(() => own.close());
  return own;
}

/** A second way into the file, to see what is on disk. */
function openRaw(): DatabaseSync {
  const database = new DatabaseSync(file);
  onTestFinished(() => database.close());
  return database;
}

it("takes a file from before there were rollups, with its pulses", async () => {
  const before = open();
  const pulse = pulseOf({ service_name: "checkout" });
  await store(before, [pulse]);
  await before.close();
  const raw = openRaw();
  dropHealth(raw);
  raw.exec("DROP TABLE rollups; DROP TABLE marks; DROP TABLE sealed; PRAGMA user_version = 1");
  const own = open();
  await own.rollups.sealedUntil();
  await store(own, [pulse, { ...pulse, id: "late" }]);
  expect(await readPages(own, "checkout")).toHaveLength(2);
  expect(await own.rollups.marks("checkout", { from: START, to: START + 1 })).toEqual(new Map([[START, "1"]]));
});

it("deletes rollups and marks with the pulses that they tell of, and with their service", async () => {
  let now = Date.now();
  const own = open({ now: () => now, purgeEveryMs: 10, retentionMs: 2 * DAY_MS });
  await own.rollups.sealedUntil();
  await store(own, [pulseOf({ service_name: "checkout" })]);
  const rollup = { start: START, seen: "", value: Uint8Array.of(1) };
  await own.rollups.keep(
    "checkout",
    "hour",
    [rollup],
    await own.rollups.marks("checkout", { from: START, to: START + 1 }),
  );
  const raw = openRaw();
  const counts = () => [countIn(raw, "rollups"), countIn(raw, "marks"), countIn(raw, "services")];
  expect(counts()).toEqual([1, 1, 1]);
  now += 2 * DAY_MS;
  await vi.waitFor(() => expect(counts()).toEqual([0, 0, 0]));
});

function countIn(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count);
}
