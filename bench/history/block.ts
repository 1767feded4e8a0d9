// For how long others wait while a million pulses of one service are rolled up in their process.
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import type { Row } from "../table.ts";
import { fill, historyOf, inFolder, ms, open } from "./month-of-pulses.ts";

const HOURS = 20;
const PULSES = 1_000_000;

/** Measures the longest time in which nothing else ran, and the longest piece of CPU, which a busy machine does not stretch. */
export function benchBlock(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const to = floorTo(HOUR_MS, Date.now() - HOUR_MS);
    const span = { from: to - HOURS * HOUR_MS, to };
    const store = open(join(folder, "pulses.db"));
    const count = await fill(store, ["checkout"], span, (HOURS * HOUR_MS) / PULSES);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let mostCpu = 0;
    let isDone = false;
    const looking = (async () => {
      while (!isDone) {
        const before = process.cpuUsage();
        await new Promise(setImmediate);
        const { user, system } = process.cpuUsage(before);
        mostCpu = Math.max(mostCpu, (user + system) / 1000);
      }
    })();
    await historyOf(store).roll("checkout", span);
    isDone = true;
    await looking;
    delay.disable();
    await store.close();
    const longest = delay.max / 1e6;
    return [
      {
        what: `${count} pulses of one service are rolled up: the longest wait of others`,
        figure: `${ms(longest)}, ${ms(mostCpu)} of CPU`,
        goal: "≤ 50 ms",
        isMet: longest <= 50,
      },
    ];
  });
}
