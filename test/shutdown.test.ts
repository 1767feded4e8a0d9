// A stop under load: no request fails for clients that repeat only requests whose connection was refused.
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, openBroker, pulsesIn } from "../functions/testing/broker.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { until } from "./platform.ts";

let broker: Broker;
beforeAll(async () => {
  broker = await openBroker();
});
afterAll(() => broker.close());

const CLIENTS = 32;
const RESTARTS = 2;

interface ClientCounts {
  accepted: Set<string>;
  /** The clients that got a 202 since the last start. */
  served: Set<string>;
  refused: number;
  /** Every other outcome. */
  failures: string[];
}

/** Posts one pulse; returns the status, or the code of the error. */
function post(port: number, agent: Agent, id: string): Promise<number | string> {
  return new Promise((resolve) => {
    const body = JSON.stringify({ service_name: "checkout", latency_ms: 1, status: "ok", id });
    const headers = { "content-type": "application/json", "content-length": body.length };
    const call = request({ host: "127.0.0.1", port, path: "/pulse", method: "POST", agent, headers }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    call.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    call.end(body);
  });
}

async function runClient(
  name: string,
  port: number,
  agent: Agent,
  counts: ClientCounts,
  refusals: ReadonlySet<number | string>,
  isOver: () => boolean,
): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    const id = `${name}-${i}`;
    let outcome: number | string = 0;
    await until(`${id} not to be refused`, async () => {
      outcome = await post(port, agent, id);
      if (refusals.has(outcome)) counts.refused++;
      return !refusals.has(outcome);
    });
    if (outcome === 202) {
      counts.accepted.add(id);
      counts.served.add(name);
    } else counts.failures.push(`${id}: ${outcome}`);
  }
}

/** Stops and starts pulse-ingest several times while clients post. */
async function restartUnderLoad(isKeepAlive: boolean): Promise<{ counts: ClientCounts; codes: (number | null)[] }> {
  broker.received.length = 0;
  const env = { K_SINK: broker.url, PULSE_LOG_LEVEL: "warn" };
  let ingest: FunctionProcess = await startFunction("pulse-ingest", { env });
  const { port } = ingest;
  const counts: ClientCounts = { accepted: new Set(), served: new Set(), refused: 0, failures: [] };
  let isOver = false;
  const agents = Array.from({ length: CLIENTS }, () => new Agent({ keepAlive: isKeepAlive, maxSockets: 1 }));
  // The kernel resets a connection that it made and the process had not accepted when listening ends, and Node cannot prevent
  // it: for clients that open a connection for each request, such a reset is a refusal.
  const refusals = new Set(isKeepAlive ? ["ECONNREFUSED"] : ["ECONNREFUSED", "ECONNRESET"]);
  const clients = agents.map((agent, i) => runClient(`client-${i}`, port, agent, counts, refusals, () => isOver));
  const codes: (number | null)[] = [];
  for (let i = 0; i < RESTARTS; i++) {
    const before = counts.accepted.size;
    counts.served.clear();
    // Every client must have its connection before listening ends.
    await until("load", () => counts.accepted.size > before + 200 && counts.served.size === CLIENTS);
    codes.push(await ingest.stop());
    ingest = await startFunction("pulse-ingest", { env, port });
  }
  isOver = true;
  await Promise.all(clients);
  for (const agent of agents) agent.destroy();
  await ingest.stop();
  return { counts, codes };
}

describe("pulse-ingest, stopped and started under load,", () => {
  it("answers or refuses every request of clients that keep their connections", async () => {
    const { counts, codes } = await restartUnderLoad(true);
    expect(counts.failures).toEqual([]);
    expect(codes).toEqual(new Array(RESTARTS).fill(0));
    expect(counts.refused).toBeGreaterThan(0);
    const sent = new Set(pulsesIn(broker.received).map(({ id }) => id));
    expect([...counts.accepted].filter((id) => !sent.has(id))).toEqual([]);
  });

  it("does so for clients that open a connection for each request, except connections it had not accepted", async () => {
    const { counts, codes } = await restartUnderLoad(false);
    expect(counts.failures).toEqual([]);
    expect(codes).toEqual(new Array(RESTARTS).fill(0));
    expect(counts.refused).toBeGreaterThan(0);
  });
});
