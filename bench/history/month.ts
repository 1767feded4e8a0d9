// What a summary costs by what is known of the past, beside one that reads every pulse of its span: on SQLite, in this process.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Pulse } from "../events/pulse.ts";
import { DAY_MS } from "../events/time.ts";
import { History } from "../history/history.ts";
import { rollAll } from "../history/roller.ts";
import type { Span } from "../storage/ports.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { floorTo, HOUR_MS, TIERS } from "../storage/tiers.ts";
import { median, type Row } from "./table.ts";

const RETENTION_MS = 31 * DAY_MS;
const MONTH_MS = 30 * DAY_MS;
const ANSWERS = 20;
const TILES = 240;
const BATCH = 5000;

/** Measures a month of one service, with two pulses a second and with one in five seconds, and an hour of a wall of tiles. */
export async function benchHistory(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-bench-"));
  try {
    const few = await measureMonth(join(folder, "few.db"), 5000);
    const many = await measureMonth(join(folder, "many.db"), 500);
    const growth = many.month / few.month;
    return [
      ...rowsOf(many),
      {
        what: "30 days, ten times the pulses",
        figure: `${growth.toFixed(2)} × the time`,
        goal: "≤ 1.3 ×",
        isMet: growth <= 1.3,
      },
      await measureWall(join(folder, "wall.db")),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Month {
  pulses: number;
  raw: number;
  month: number;
  day: number;
  first: number;
  rollMicros: number;
  bytesShare: number;
}

async function measureMonth(file: string, stepMs: number): Promise<Month> {
  const to = floorTo(HOUR_MS, Date.now());
  const store = open(file);
  const pulses = await fill(store, ["checkout"], { from: to - MONTH_MS, to }, stepMs);
  const month = partsOf({ from: to - MONTH_MS, to }, 60);
  const day = partsOf({ from: to - DAY_MS, to }, 60);
  const raw = historyOf(store, false);
  const startedAt = performance.now();
  await raw.read("checkout", month);
  const rawMs = performance.now() - startedAt;
  const cpu = process.cpuUsage();
  const rolled = { history: historyOf(store), reader: store, retentionMs: RETENTION_MS, now: Date.now };
  await rollAll({ ...rolled, signal: new AbortController().signal });
  const { user, system } = process.cpuUsage(cpu);
  await rolled.history.read("checkout", day);
  const bytesShare = bytesOf(file, "rollups") / bytesOf(file, "pulses");
  await store.close();
  const again = open(file);
  const history = historyOf(again);
  const first = await timed(() => history.read("checkout", month));
  const months: number[] = [];
  const days: number[] = [];
  for (let i = 0; i < ANSWERS; i++) {
    months.push(await timed(() => history.read("checkout", month)));
    days.push(await timed(() => history.read("checkout", day)));
  }
  await again.close();
  const rollMicros = (user + system) / pulses;
  return { pulses, raw: rawMs, month: median(months), day: median(days), first, rollMicros, bytesShare };
}

function rowsOf({ pulses, raw, month, day, first, rollMicros, bytesShare }: Month): Row[] {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const factor = raw / month;
  return [
    {
      what: `30 days of ${pulses} pulses, median`,
      figure: `${ms(month)}, ${Math.round(factor)} × as fast`,
      beside: `every pulse read: ${ms(raw)}`,
      goal: "≤ 60 ms, ≥ 300 ×",
      isMet: month <= 60 && factor >= 300,
    },
    { what: "24 hours of them, median", figure: ms(day), goal: "≤ 20 ms", isMet: day <= 20 },
    {
      what: "30 days, the first answer of a store",
      figure: ms(first),
      goal: "≤ 2 × the others",
      isMet: first <= 2 * month,
    },
    {
      what: "rolling, CPU a pulse",
      figure: `${rollMicros.toFixed(2)} µs`,
      goal: "≤ 1.5 µs",
      isMet: rollMicros <= 1.5,
    },
    {
      what: "bytes of rollups",
      figure: `${(100 * bytesShare).toFixed(2)} % of the pulses'`,
      goal: "≤ 1 %",
      isMet: bytesShare <= 0.01,
    },
  ];
}

async function measureWall(file: string): Promise<Row> {
  const to = floorTo(TIERS.minute, Date.now() - 3 * TIERS.minute);
  const span = { from: to - HOUR_MS, to };
  const services = Array.from({ length: TILES }, (_, i) => `service-${i}`);
  const store = open(file);
  await fill(store, services, span, 500);
  const history = historyOf(store);
  const all = async () => {
    for (const service of services) await history.read(service, partsOf(span, 30));
  };
  const first = await timed(all);
  const then = median([await timed(all), await timed(all), await timed(all)]);
  await store.close();
  return {
    what: `the last hour of ${TILES} services with 2 pulses a second, one after the other`,
    figure: `${then.toFixed(0)} ms`,
    beside: `not rolled up yet: ${first.toFixed(0)} ms`,
    goal: "≤ 300 ms",
    isMet: then <= 300,
  };
}

function open(file: string): SqlitePulseStore {
  return openSqlitePulseStore({ file, maxBytes: 20e9, retentionMs: RETENTION_MS });
}

function historyOf(store: SqlitePulseStore, hasRollups = true): History {
  const rollups = hasRollups ? store.rollups : undefined;
  return new History({ reader: store, rollups, retentionMs: RETENTION_MS, now: Date.now });
}

async function fill(store: SqlitePulseStore, services: readonly string[], span: Span, stepMs: number): Promise<number> {
  let count = 0;
  let batch: Pulse[] = [];
  for (let time = span.from; time < span.to; time += stepMs) {
    for (const service_name of services) {
      const wave = 20 * Math.exp(Math.sin(count * 0.7) + (count % 997 === 0 ? 4 : 0));
      const status = count % 1000 === 0 ? "503" : "200";
      const id = `019a-${count++}`;
      batch.push({ service_name, event_time: time, latency_ms: wave, status, id, source: "/pulse" });
    }
    if (batch.length < BATCH) continue;
    await store.write(batch);
    batch = [];
  }
  await store.write(batch);
  return count;
}

function partsOf({ from, to }: Span, parts: number): Span[] {
  const length = (to - from) / parts;
  return Array.from({ length: parts }, (_, i) => ({ from: from + i * length, to: from + (i + 1) * length }));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The bytes of a table with its indexes. */
function bytesOf(file: string, table: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const query = "SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = ?1 OR name LIKE ?1 || '\\_by\\_%' ESCAPE '\\'";
  const bytes = Number(database.prepare(query).get(table)?.bytes);
  database.close();
  return bytes;
}
