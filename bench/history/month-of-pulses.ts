// What the benches of the history share: made-up pulses in a SQLite file, and the questions that are asked about them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { History } from "../../history/history.ts";
import type { PulseReader, PulseWriter, RollupStore } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { median } from "../table.ts";

export const RETENTION_MS = 31 * DAY_MS;
export const MONTH_MS = 30 * DAY_MS;
const BATCH = 5000;
const ANSWERS = 20;

/** Works in a folder that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function open(file: string): SqlitePulseStore {
  return openSqlitePulseStore({ file, maxBytes: 50e9, retentionMs: RETENTION_MS });
}

/** @param hasRollups false: every answer reads all pulses of its span */
export function historyOf(store: Pick<PulseReader, "measures"> & { rollups: RollupStore }, hasRollups = true): History {
  const rollups = hasRollups ? store.rollups : undefined;
  return new History({ reader: store, rollups, retentionMs: RETENTION_MS, now: Date.now });
}

/** Writes a pulse of each service every `stepMs`: one in a thousand is down. Gives their number. */
export async function fill(
  store: PulseWriter,
  services: readonly string[],
  span: Span,
  stepMs: number,
): Promise<number> {
  let count = 0;
  let batch: Pulse[] = [];
  const write = async () => {
    const { kind } = await store.write(batch);
    if (kind !== "stored") throw new Error(`Expected the pulses to be stored, got ${kind}`);
    batch = [];
  };
  for (let time = span.from; time < span.to; time += stepMs) {
    for (const service_name of services) {
      const wave = 20 * Math.exp(Math.sin(count * 0.7) + (count % 997 === 0 ? 4 : 0));
      const status = count % 1000 === 0 ? "503" : "200";
      const id = `019a-${count++}`;
      batch.push({ service_name, event_time: Math.floor(time), latency_ms: wave, status, id, source: "/pulse" });
    }
    if (batch.length >= BATCH) await write();
  }
  if (batch.length > 0) await write();
  return count;
}

/** A span in equal parts. */
export function partsOf({ from, to }: Span, parts: number): Span[] {
  const length = (to - from) / parts;
  return Array.from({ length: parts }, (_, i) => ({ from: from + i * length, to: from + (i + 1) * length }));
}

/** What some work took, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The median ms of some work that is done again and again. */
export async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ANSWERS; i++) times.push(await timed(work));
  return median(times);
}

/** What some work took of this process, in µs of CPU. */
export async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The bytes of a table of a SQLite file with its indexes. */
export function bytesOf(file: string, table: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const query = "SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = ?1 OR name LIKE ?1 || '\\_by\\_%' ESCAPE '\\'";
  const bytes = Number(database.prepare(query).get(table)?.bytes);
  database.close();
  return bytes;
}

export function ms(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ms`;
}
