// What a summary of a month costs by what is known of the past, beside one that reads every pulse of its span and beside DuckDB:
// on SQLite, in this process.
import { join } from "node:path";
import { DAY_MS } from "../../events/time.ts";
import { rollAll } from "../../history/roller.ts";
import type { Span } from "../../storage/span.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import type { Row } from "../table.ts";
import { timeDuckDb } from "./duckdb.ts";
import {
  cpuOf,
  fill,
  historyOf,
  inFolder,
  MONTH_MS,
  medianOf,
  ms,
  open,
  partsOf,
  RETENTION_MS,
  timed,
} from "./month-of-pulses.ts";

/** Two pulses a second. */
const STEP_MS = 500;

/** Measures a month of one service, with two pulses a second and with one in five seconds. */
export function benchMonth(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const few = await measureMonth(join(folder, "few.db"), 5000);
    const many = await measureMonth(join(folder, "many.db"), STEP_MS);
    const { to, pulses: count } = many;
    const spans = [MONTH_MS, DAY_MS].map((length) => ({ from: to - length, to }));
    const [whole] = spans as [Span];
    const duckDb = (await timeDuckDb(folder, { whole, stepMs: STEP_MS, count, asked: spans })) as [number, number];
    const growth = many.month / few.month;
    return [
      ...rowsOf(many, duckDb),
      {
        what: "30 days, ten times the pulses",
        figure: `${growth.toFixed(2)} × the time`,
        goal: "≤ 1.3 ×",
        isMet: growth <= 1.3,
      },
    ];
  });
}

interface Month {
  /** Where it ends. */
  to: number;
  pulses: number;
  raw: number;
  month: number;
  day: number;
  first: number;
  rollMicros: number;
}

async function measureMonth(file: string, stepMs: number): Promise<Month> {
  const to = floorTo(HOUR_MS, Date.now());
  const store = open(file);
  const pulses = await fill(store, ["checkout"], { from: to - MONTH_MS, to }, stepMs);
  const month = partsOf({ from: to - MONTH_MS, to }, 60);
  const day = partsOf({ from: to - DAY_MS, to }, 60);
  const raw = await timed(() => historyOf(store, false).read("checkout", month));
  const rolled = { history: historyOf(store), reader: store, retentionMs: RETENTION_MS, now: Date.now };
  const rolling = await cpuOf(() => rollAll({ ...rolled, signal: new AbortController().signal }));
  await rolled.history.read("checkout", day);
  await store.close();
  const again = open(file);
  const history = historyOf(again);
  const first = await timed(() => history.read("checkout", month));
  const [monthMs, dayMs] = [
    await medianOf(() => history.read("checkout", month)),
    await medianOf(() => history.read("checkout", day)),
  ];
  await again.close();
  return { to, pulses, raw, month: monthMs, day: dayMs, first, rollMicros: rolling / pulses };
}

function rowsOf({ pulses, raw, month, day, first, rollMicros }: Month, duckDb: [month: number, day: number]): Row[] {
  const factor = raw / month;
  return [
    {
      what: `30 days of ${pulses} pulses, median`,
      figure: `${ms(month)}, ${Math.round(factor)} × as fast`,
      beside: `every pulse read: ${ms(raw)}`,
      goal: "≤ 60 ms, ≥ 300 ×",
      isMet: month <= 60 && factor >= 300,
    },
    {
      what: "the same, beside DuckDB",
      figure: `${(duckDb[0] / month).toFixed(1)} × as fast`,
      beside: `DuckDB: ${ms(duckDb[0])}`,
      goal: "> 1 ×",
      isMet: month < duckDb[0],
    },
    {
      what: "24 hours of them, median",
      figure: ms(day),
      beside: `DuckDB: ${ms(duckDb[1])}`,
      goal: "≤ 20 ms",
      isMet: day <= 20,
    },
    {
      what: "30 days, the first answer of a store",
      figure: `${ms(first)}, ${(first / month).toFixed(1)} ×`,
      goal: "≤ 2 × the others",
      isMet: first <= 2 * month,
    },
    {
      what: "rolling, CPU a pulse",
      figure: `${rollMicros.toFixed(2)} µs`,
      goal: "≤ 1.5 µs",
      isMet: rollMicros <= 1.5,
    },
  ];
}
