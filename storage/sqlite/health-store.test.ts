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

const ALL = { from: 0, to: Number.POSITIVE_INFINITY };

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

async function keepRun({ health }: SqlitePulseStore, since: number): Promise<void> {
  const run = { since, health: "up" as const, confirmedAt: since, cause: "" };
  const basis = await health.begin();
  const memory = { judgedUntil: since, state: "" };
  await health.keep([{ service: "checkout", runs: { span: { from: since, to: ALL.to }, runs: [run] }, memory }], basis);
  await health.tell("checkout", [{ since, health: "up", revision: 0 }], basis);
}

it("takes a file from before there was health, with its pulses", async () => {
  const before = open();
  await store(before, [pulseOf({ service_name: "checkout" })]);
  await before.close();
  dropHealth(openRaw());
  const own = open();
  await keepRun(own, START);
  expect(await own.health.runs("checkout", ALL)).toHaveLength(1);
  expect(await readPages(own, "checkout")).toHaveLength(1);
});

it("keeps runs until the history ends after they did, and what was told of them", async () => {
  let now = Date.now();
  const own = open({ now: () => now, historyMs: 10 * DAY_MS });
  await store(own, [pulseOf({ service_name: "checkout" })]);
  for (const since of [now - 3 * DAY_MS, now - 2 * DAY_MS, now]) await keepRun(own, since);
  const days = async () => {
    const told = await own.health.told("checkout", ALL);
    return [await own.health.runs("checkout", ALL), told].map((list) =>
      list.map(({ since }) => (since - now) / DAY_MS),
    );
  };
  now += 9 * DAY_MS;
  await keepRun(own, now);
  // The second one lasts into what is kept.
  expect(await days()).toEqual([
    [-11, -9, 0],
    [-9, 0],
  ]);
});

it("knows a service's health for as long as the history reaches, also when its pulses are gone", async () => {
  let now = Date.now();
  const own = open({ now: () => now, purgeEveryMs: 10, retentionMs: 2 * DAY_MS, historyMs: 10 * DAY_MS });
  await store(own, [pulseOf({ service_name: "checkout" })]);
  await keepRun(own, START);
  const raw = openRaw();
  const countIn = (table: string) => raw.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count;
  now += 5 * DAY_MS;
  await vi.waitFor(() => expect(countIn("pulses")).toBe(0));
  expect(await own.health.runs("checkout", ALL)).toHaveLength(1);
  now += 10 * DAY_MS;
  const tables = ["services", "health_runs", "health_states", "health_memories", "health_told"];
  await vi.waitFor(() => expect(tables.map(countIn)).toEqual([0, 0, 0, 0, 0]));
});
