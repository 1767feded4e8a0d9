// What pulse-query takes while sixteen summaries of a month are made at the same time, all of them rolled up.
import { join } from "node:path";
import { rollAll } from "../../history/roller.ts";
import { NODE_FLAGS } from "../../settings/node-flags.ts";
import type { Span } from "../../storage/span.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import { runBuild } from "../cold-start.ts";
import { residentMb, startProgram } from "../process.ts";
import type { Row } from "../table.ts";
import { fill, historyOf, inFolder, MONTH_MS, open, RETENTION_MS } from "./month-of-pulses.ts";

const AT_ONCE = 16;
const ROUNDS = 20;
const LOOK_MS = 20;
const MOST_MB = 150;
/** As many as the page asks for, and the most that the API makes. */
const BUCKETS = [60, 500] as const;

/** Measures the most resident memory of the process, over HTTP, with sixteen services of a pulse a minute each. */
export function benchMemory(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const to = floorTo(HOUR_MS, Date.now());
    const span = { from: to - MONTH_MS, to };
    const services = Array.from({ length: AT_ONCE }, (_, i) => `service-${i}`);
    const store = open(join(folder, "pulses.db"));
    await fill(store, services, span, 60_000);
    const options = { history: historyOf(store), reader: store, retentionMs: RETENTION_MS, now: Date.now };
    await rollAll({ ...options, signal: new AbortController().signal });
    await store.close();
    const bundles = join(folder, "bundles");
    await runBuild(bundles);
    const rows: Row[] = [];
    for (const buckets of BUCKETS) {
      const mostMb = await mostOf({ folder, program: join(bundles, "pulse-query.cjs"), services, span, buckets });
      const isGoal = buckets === BUCKETS[0];
      rows.push({
        what: `pulse-query while ${AT_ONCE} summaries of 30 days in ${buckets} buckets are made at once, ${ROUNDS} times`,
        figure: `${mostMb.toFixed(0)} MB at most`,
        ...(isGoal && { goal: `≤ ${MOST_MB} MB`, isMet: mostMb <= MOST_MB }),
      });
    }
    return rows;
  });
}

interface Asking {
  folder: string;
  program: string;
  services: readonly string[];
  span: Span;
  buckets: number;
}

/** The most MB that a process had. */
async function mostOf({ folder, program, services, span, buckets }: Asking): Promise<number> {
  const env = { PULSE_DATA_DIR: folder, PULSE_FUNCTION: "pulse-query", PULSE_RETENTION_DAYS: "31" };
  const { pid, port, stop } = await startProgram([...NODE_FLAGS["pulse-query"], program], env);
  let mostMb = 0;
  const looking = setInterval(() => {
    mostMb = Math.max(mostMb, residentMb(pid));
  }, LOOK_MS);
  for (let i = 0; i < ROUNDS; i++) {
    const answers = services.map(async (service) => {
      const query = `from=${span.from + i}&to=${span.to}&buckets=${buckets}`;
      const response = await fetch(`http://127.0.0.1:${port}/services/${service}/summary?${query}`);
      if (!response.ok) throw new Error(`Expected 200, got ${response.status}`);
      await response.arrayBuffer();
    });
    await Promise.all(answers);
  }
  clearInterval(looking);
  await stop();
  return mostMb;
}
