// What the curves of a wall cost: `/trends` of as many services as a page asks for, from their pulses of the last hour; and what its
// bars cost.
import { join } from "node:path";
import { trendsOf } from "../../functions/pulse-query/trends.ts";
import { RecentMinutes } from "../../history/recent-minutes.ts";
import { floorTo, HOUR_MS, TIERS } from "../../storage/tiers.ts";
import { median, type Row } from "../table.ts";
import { measureHistories } from "./histories.ts";
import { cpuOf, fill, historyOf, inFolder, ms, open, timed } from "./month-of-pulses.ts";

const TILES = 240;
const BUCKETS = 30;
const ANSWERS = 9;

/** Measures an hour of 240 services with two pulses a second each, once their minutes are rolled up in the background. */
export function benchWall(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const to = floorTo(TIERS.minute, Date.now() - 3 * TIERS.minute);
    const span = { from: to - HOUR_MS, to };
    const services = Array.from({ length: TILES }, (_, i) => `service-${i}`);
    const store = open(join(folder, "wall.db"));
    const count = await fill(store, services, span, 500);
    const history = historyOf(store);
    const nextTurn = () => new Promise<void>(setImmediate);
    const all = () => trendsOf(history, services, span, BUCKETS, { nextTurn });
    const { signal } = new AbortController();
    const rolling = new RecentMinutes({ history, reader: store, now: () => to, signal, rest: 0 });
    const rollingCpu = await cpuOf(() => rolling.roll());
    const first = await timed(all);
    const walls: number[] = [];
    const cpu = await cpuOf(async () => {
      for (let i = 0; i < ANSWERS; i++) walls.push(await timed(all));
    });
    const bars = await measureHistories("SQLite", store);
    await store.close();
    const then = median(walls);
    return [
      {
        what: `the last hour of ${TILES} services with 2 pulses a second, in ${BUCKETS} buckets`,
        figure: `${ms(then)}, ${ms(cpu / ANSWERS / 1000)} of CPU`,
        beside: `the first time: ${ms(first)}`,
        goal: "≤ 300 ms",
        isMet: then <= 300,
      },
      {
        what: "rolling up their minutes in the background, CPU a pulse",
        figure: `${(rollingCpu / count).toFixed(2)} µs`,
      },
      ...bars,
    ];
  });
}
