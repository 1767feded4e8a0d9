// Whether a summary of a month costs more where ten times as many pulses lie behind it: 5 and 50 million, on SQLite. It takes
// some 9 GB of disk, and minutes.
import { join } from "node:path";
import { rollAll } from "../../history/roller.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import type { Row } from "../table.ts";
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
} from "./month-of-pulses.ts";

/** Measures both, one after the other. */
export function benchGrowth(_seconds: number, fewer = 5_000_000): Promise<Row[]> {
  return inFolder(async (folder) => {
    const few = await measure(join(folder, "few.db"), fewer);
    const many = await measure(join(folder, "many.db"), 10 * fewer);
    const growth = many.monthMs / few.monthMs;
    return [
      {
        what: `30 days of ${many.pulses} pulses, median`,
        figure: `${ms(many.monthMs)}, ${growth.toFixed(2)} × the time`,
        beside: `of ${few.pulses}: ${ms(few.monthMs)}`,
        goal: "≤ 1.3 ×",
        isMet: growth <= 1.3,
      },
      {
        what: `rolling ${many.pulses} pulses, CPU a pulse`,
        figure: `${many.rollMicros.toFixed(2)} µs`,
        beside: `of ${few.pulses}: ${few.rollMicros.toFixed(2)} µs`,
        goal: "≤ 1.5 µs",
        isMet: many.rollMicros <= 1.5,
      },
    ];
  });
}

async function measure(file: string, wanted: number) {
  const to = floorTo(HOUR_MS, Date.now());
  const span = { from: to - MONTH_MS, to };
  const store = open(file);
  const pulses = await fill(store, ["checkout"], span, MONTH_MS / wanted);
  const history = historyOf(store);
  const options = { history, reader: store, retentionMs: RETENTION_MS, now: Date.now };
  const rolling = await cpuOf(() => rollAll({ ...options, signal: new AbortController().signal }));
  const monthMs = await medianOf(() => history.read("checkout", partsOf(span, 60)));
  await store.close();
  return { pulses, monthMs, rollMicros: rolling / pulses };
}
