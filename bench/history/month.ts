// What a summary of a month costs by what is known of the past, beside one that reads every pulse of its span: on SQLite, in
// this process.
import { join } from "node:path";
import { DAY_MS } from "../../events/time.ts";
import { rollAll } from "../../history/roller.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import { median, type Row } from "../table.ts";
import {
  cpuOf,
  fill,
  historyOf,
  inFolder,
  MONTH_MS,
  ms,
  open,
  partsOf,
  RETENTION_MS,
  timed,
} from "./month-of-pulses.ts";

const ANSWERS = 20;

/** Measures a month of one service, with two pulses a second and with one in five seconds. */
export function benchMonth(): Promise<Row[]> {
  return inFolder(async (folder) => {
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
    ];
  });
}

interface Month {
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
  const months: number[] = [];
  const days: number[] = [];
  for (let i = 0; i < ANSWERS; i++) {
    months.push(await timed(() => history.read("checkout", month)));
    days.push(await timed(() => history.read("checkout", day)));
  }
  await again.close();
  return { pulses, raw, month: median(months), day: median(days), first, rollMicros: rolling / pulses };
}

function rowsOf({ pulses, raw, month, day, first, rollMicros }: Month): Row[] {
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
