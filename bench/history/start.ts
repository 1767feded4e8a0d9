// The first summary of a pulse-query that has started and is idle, beside the later ones: all is rolled up, nothing is in memory.
import { join } from "node:path";
import { rollAll } from "../../history/roller.ts";
import { NODE_FLAGS } from "../../settings/node-flags.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import { fineCpuMicros, startProgram } from "../process.ts";
import { median, type Row } from "../table.ts";
import { fill, historyOf, inFolder, MONTH_MS, ms, open, RETENTION_MS } from "./month-of-pulses.ts";

const STARTS = 5;
const ANSWERS = 30;
const IDLE_MS = 1000;

/** What an answer took: by the clock, and of CPU. */
interface Cost {
  wall: number;
  cpu: number;
}

/** Resolves when a process has done next to nothing for a second: a start ends with a warm-up. */
async function untilIdle(pid: number): Promise<void> {
  for (let before = 0, now = fineCpuMicros(pid); now - before > IDLE_MS * 10; ) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    now = fineCpuMicros(pid);
  }
}

/** Measures a month of a service with a pulse in five seconds, over HTTP. */
export function benchStart(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const to = floorTo(HOUR_MS, Date.now());
    const span = { from: to - MONTH_MS, to };
    const store = open(join(folder, "pulses.db"));
    await fill(store, ["checkout"], span, 5000);
    const options = { history: historyOf(store), reader: store, retentionMs: RETENTION_MS, now: Date.now };
    await rollAll({ ...options, signal: new AbortController().signal });
    await store.close();
    const first: Cost[] = [];
    const later: Cost[] = [];
    for (let i = 0; i < STARTS; i++) {
      const env = { PULSE_DATA_DIR: folder, PULSE_FUNCTION: "pulse-query", PULSE_RETENTION_DAYS: "31" };
      const { pid, port, stop } = await startProgram([...NODE_FLAGS["pulse-query"], "functions/main.ts"], env);
      while (!(await fetch(`http://127.0.0.1:${port}/health/ready`)).ok);
      await untilIdle(pid);
      // Each is another question, so that none has the answer of the one before.
      for (let ask = 0; ask <= ANSWERS; ask++) {
        const url = `http://127.0.0.1:${port}/services/checkout/summary?from=${span.from}&to=${span.to - ask}&buckets=60`;
        const before = fineCpuMicros(pid);
        const startedAt = performance.now();
        const body = (await (await fetch(url)).json()) as { count?: number };
        const cost = { wall: performance.now() - startedAt, cpu: (fineCpuMicros(pid) - before) / 1000 };
        if (!((body.count ?? 0) > 500_000))
          throw new Error(`Expected a month of pulses, got ${JSON.stringify(body).slice(0, 200)}`);
        (ask === 0 ? first : later).push(cost);
      }
      await stop();
    }
    const [firstMs, laterMs] = [first, later].map((costs) => median(costs.map(({ wall }) => wall))) as [number, number];
    const [firstCpu, laterCpu] = [first, later].map((costs) => median(costs.map(({ cpu }) => cpu))) as [number, number];
    return [
      {
        what: "30 days, the first answer of a process",
        figure: `${ms(firstMs)}, ${ms(firstCpu)} of CPU`,
        beside: `the others: ${ms(laterMs)}, ${ms(laterCpu)} of CPU`,
        goal: "≤ 2 × the others",
        isMet: firstMs <= 2 * laterMs,
      },
    ];
  });
}
