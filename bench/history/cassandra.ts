// What a summary of a month costs on a real node of Cassandra, beside one that reads every pulse, what rolling costs this process, and
// what the bars of a wall cost.
import { DAY_MS } from "../../events/time.ts";
import { History } from "../../history/history.ts";
import { rollAll } from "../../history/roller.ts";
import { RETENTION_MS } from "../../storage/testing/keyspace.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import { storeWrite, withRig } from "../cassandra/rig.ts";
import type { Row } from "../table.ts";
import { measureHistories } from "./histories.ts";
import { cpuOf, fill, medianOf, ms, partsOf, timed } from "./month-of-pulses.ts";

/** Half a day each, as pulse-query divides a month: 29.5 days, so that no pulse expires meanwhile. */
const PARTS = 59;
const PART_MS = DAY_MS / 2;

/** Measures 29.5 days of a service, beside a reading of every pulse. */
export function benchHistoryOnCassandra(_seconds: number, wanted = 5_000_000): Promise<Row[]> {
  return withRig(async (rig) => {
    const table = await rig.openTable();
    const { store } = table;
    const to = floorTo(HOUR_MS, Date.now());
    const span = { from: to - PARTS * PART_MS, to };
    const write = async (pulses: Parameters<typeof store.write>[0]) => {
      await storeWrite(table, pulses);
      return { kind: "stored" as const };
    };
    const pulses = await fill({ write }, ["checkout"], span, (to - span.from) / wanted);
    const options = { reader: store, retentionMs: RETENTION_MS, now: Date.now };
    const raw = await timed(() => new History(options).read("checkout", partsOf(span, PARTS)));
    const history = new History({ ...options, rollups: store.rollups });
    const signal = new AbortController().signal;
    const rollMicros = (await cpuOf(() => rollAll({ ...options, history, signal }))) / pulses;
    const month = await medianOf(() => history.read("checkout", partsOf(span, PARTS)));
    const newest = partsOf({ from: to - DAY_MS, to }, 60);
    await history.read("checkout", newest);
    const day = await medianOf(() => history.read("checkout", newest));
    const factor = raw / month;
    return [
      {
        what: `Cassandra: 29.5 days of ${pulses} pulses, median`,
        figure: `${ms(month)}, ${Math.round(factor)} × as fast`,
        beside: `every pulse read: ${ms(raw)}`,
        goal: "≤ 120 ms, ≥ 300 ×",
        isMet: month <= 120 && factor >= 300,
      },
      { what: "Cassandra: 24 hours of them, median", figure: ms(day) },
      {
        what: "Cassandra: rolling, CPU of this process a pulse",
        figure: `${rollMicros.toFixed(2)} µs`,
        goal: "≤ 8 µs",
        isMet: rollMicros <= 8,
      },
      ...(await measureHistories("Cassandra", { write, health: store.health })),
    ];
  });
}
