// What share of the pulses' bytes their rollups take, by how often a service pulses.
import { join } from "node:path";
import { DAY_MS } from "../../events/time.ts";
import { rollAll } from "../../history/roller.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import type { Row } from "../table.ts";
import { bytesOf, fill, historyOf, inFolder, open, RETENTION_MS } from "./month-of-pulses.ts";

const RATES = [
  { often: "1 an hour", stepMs: HOUR_MS, days: 30 },
  { often: "2 a second", stepMs: 500, days: 30 },
  // A month of it is 2.6 billion pulses: minutes are kept for two days of it only, so that its share is smaller still.
  { often: "1,000 a second", stepMs: 1, days: 1 / 12 },
];

/** Measures the tables of SQLite with their indexes, once hours and days are rolled up, and the minutes of the newest two days. */
export function benchBytes(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const rows: Row[] = [];
    for (const { often, stepMs, days } of RATES) {
      const to = floorTo(HOUR_MS, Date.now() - 3 * HOUR_MS);
      const file = join(folder, `${stepMs}.db`);
      const store = open(file);
      const count = await fill(store, ["checkout"], { from: to - days * DAY_MS, to }, stepMs);
      const history = historyOf(store);
      await history.rollMinutes("checkout", to - Math.min(days, 2) * DAY_MS);
      const options = { history, reader: store, retentionMs: RETENTION_MS, now: Date.now };
      await rollAll({ ...options, signal: new AbortController().signal });
      await store.close();
      const [kept, pulses] = [bytesOf(file, "rollups"), bytesOf(file, "pulses")];
      const share = kept / pulses;
      rows.push({
        what: `bytes of rollups, ${often} (${count} pulses)`,
        figure: `${(100 * share).toFixed(3)} % of the pulses'`,
        beside: `${(kept / 1024).toFixed(0)} of ${(pulses / 1024).toFixed(0)} kB`,
        ...(often === "2 a second" && { goal: "≤ 1 %", isMet: share <= 0.01 }),
      });
    }
    return rows;
  });
}
