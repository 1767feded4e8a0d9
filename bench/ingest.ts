import { NODE_FLAGS } from "../settings/node-flags.ts";
import { startProgram } from "./process.ts";
import { eventRequests, manyRequest, singleRequest } from "./requests.ts";
import type { Row } from "./table.ts";
import { measureInTurns } from "./turns.ts";

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
  const measures = {
    bare: { server: bare, next: () => single, connections: 64, parts: 1 },
    single: { server: ingest, next: () => single, connections: 64, parts: 1 },
    event: { server: ingest, next: nextEvent, connections: 64, parts: 1 },
    thousand: { server: ingest, next: () => thousand, connections: 8, parts: 1000 },
    bareThousand: { server: bare, next: () => thousand, connections: 8, parts: 1000 },
    stock: { server: stock, next: () => stockSingle, connections: 64, parts: 1 },
    stockEvent: { server: stock, next: eventRequests("/"), connections: 64, parts: 1 },
  };
  type Name = keyof typeof measures;
  const costs = await measureInTurns(measures, seconds).finally(() =>
    Promise.all([broker, bare, stock, ingest].map((program) => program.stop())),
  );

  const figureOf = (name: Name) =>
    `${costs[name].cpu.toFixed(1)} µs, ${Math.round(costs[name].perSecond).toLocaleString("en")}/s`;
  const ratioRow = (what: string, name: Name, goal?: number): Row => {
    const ratio = costs[name].cpu / costs.bare.cpu;
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
      isMet: costs.thousand.cpu <= 6,
    },
  ];
}
