import { NODE_FLAGS } from "../settings/node-flags.ts";
import { runLoad } from "./load.ts";
import { cpuMicros, type Started, startProgram } from "./process.ts";
import { eventRequests, manyRequest, singleRequest } from "./requests.ts";
import { median, type Row } from "./table.ts";

const ROUNDS = 5;
const WARM_UP_MS = 1000;

interface Measure {
  server: Started;
  next: () => Buffer;
  connections: number;
  pulses: number;
}

/** pulse-ingest alone, with a broker that answers at once, beside bare node:http. */
export async function benchIngest(seconds: number): Promise<Row[]> {
  const broker = await startProgram(["bench/null-broker.ts"], {});
  const bare = await startProgram(["bench/bare-server.ts"], {});
  const stock = await startProgram(["bench/stock-server.ts"], {});
  const ingest = await startProgram([...NODE_FLAGS["pulse-ingest"], "functions/main.ts"], {
    PULSE_FUNCTION: "pulse-ingest",
    K_SINK: `http://localhost:${broker.port}/default/pulsemesh`,
  });
  const single = singleRequest();
  const stockSingle = singleRequest("/"); // its only path
  const thousand = manyRequest(1000);
  const nextEvent = eventRequests();
  const measures: Record<string, Measure> = {
    bare: { server: bare, next: () => single, connections: 64, pulses: 1 },
    single: { server: ingest, next: () => single, connections: 64, pulses: 1 },
    event: { server: ingest, next: nextEvent, connections: 64, pulses: 1 },
    thousand: { server: ingest, next: () => thousand, connections: 8, pulses: 1000 },
    bareThousand: { server: bare, next: () => thousand, connections: 8, pulses: 1000 },
    stock: { server: stock, next: () => stockSingle, connections: 64, pulses: 1 },
    stockEvent: { server: stock, next: eventRequests("/"), connections: 64, pulses: 1 },
  };
  const cpu: Record<string, number[]> = {};
  const rate: Record<string, number[]> = {};
  try {
    // In turns, so that a drift of the machine's speed hits all alike. The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, measure] of Object.entries(measures)) {
        const load = { port: measure.server.port, ...measure };
        // A server compiles again after a change of load; that is no part of a request's cost.
        await runLoad(load, WARM_UP_MS);
        const before = cpuMicros(measure.server.pid);
        const result = await runLoad(load, (seconds * 1000) / ROUNDS);
        if (result.refusals > 0)
          throw new Error(`Expected 2xx only from ${name}, got ${result.refusals} other answers`);
        if (round === 0) continue;
        const pulses = result.answers * measure.pulses;
        cpu[name] = [...(cpu[name] ?? []), (cpuMicros(measure.server.pid) - before) / pulses];
        rate[name] = [...(rate[name] ?? []), pulses / result.seconds];
      }
    }
  } finally {
    await Promise.all([broker, bare, stock, ingest].map((program) => program.stop()));
  }

  const cpuOf = (name: string) => median(cpu[name] as number[]);
  const figureOf = (name: string) =>
    `${cpuOf(name).toFixed(1)} µs, ${Math.round(median(rate[name] as number[])).toLocaleString("en")}/s`;
  const ratioRow = (what: string, name: string, goal?: number): Row => {
    const ratio = cpuOf(name) / cpuOf("bare");
    const row: Row = { what, figure: figureOf(name), beside: `${ratio.toFixed(2)} × bare` };
    return goal === undefined ? row : { ...row, goal: `≤ ${goal.toFixed(1)} × bare`, isMet: ratio <= goal };
  };
  return [
    { what: "bare node:http, one JSON pulse a request", figure: figureOf("bare") },
    ratioRow("pulse-ingest, one JSON pulse a request", "single", 2),
    ratioRow("pulse-ingest, one binary CloudEvent a request", "event", 2.5),
    ratioRow("faas-js-runtime alone, one JSON pulse", "stock"),
    ratioRow("faas-js-runtime alone, one binary CloudEvent", "stockEvent"),
    { what: "bare node:http, 1,000 pulses a request, a pulse", figure: figureOf("bareThousand") },
    {
      what: "pulse-ingest, 1,000 pulses a request, a pulse",
      figure: figureOf("thousand"),
      goal: "≤ 6 µs",
      isMet: cpuOf("thousand") <= 6,
    },
  ];
}
