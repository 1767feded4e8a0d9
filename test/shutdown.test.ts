// A stop under load: clients that try again on a refused connection only see no request fail.
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

interface Tally {
  accepted: Set<string>;
  /** Who was answered 202 since a process was started. */
  served: Set<string>;
  refused: number;
  /** Whatever is neither 202 nor a refused connection. */
  failures: string[];
}

/** Posts one pulse; "refused" when the connection was. */
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
  tally: Tally,
  refusals: ReadonlySet<number | string>,
  isOver: () => boolean,
): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    const id = `${name}-${i}`;
    let outcome: number | string = 0;
    await until(`${id} not to be refused`, async () => {
      outcome = await post(port, agent, id);
      if (refusals.has(outcome)) tally.refused++;
      return !refusals.has(outcome);
    });
    if (outcome === 202) {
      tally.accepted.add(id);
      tally.served.add(name);
    } else tally.failures.push(`${id}: ${outcome}`);
  }
}

/** Stops and starts ingest again and again while clients post. */
async function restartUnderLoad(isKeepAlive: boolean): Promise<{ tally: Tally; codes: (number | null)[] }> {
  broker.received.length = 0;
  const env = { K_SINK: broker.url, PULSE_LOG_LEVEL: "warn" };
  let ingest: FunctionProcess = await startFunction("pulse-ingest", { env });
  const { port } = ingest;
  const tally: Tally = { accepted: new Set(), served: new Set(), refused: 0, failures: [] };
  let isOver = false;
  const agents = Array.from({ length: CLIENTS }, () => new Agent({ keepAlive: isKeepAlive, maxSockets: 1 }));
  // A connection that the kernel had made and the process had not taken yet is reset when it stops listening, and nothing
  // in reach of Node takes it back: to a client that connects anew each time, that is a refusal too.
  const refusals = new Set(isKeepAlive ? ["ECONNREFUSED"] : ["ECONNREFUSED", "ECONNRESET"]);
  const clients = agents.map((agent, i) => runClient(`client-${i}`, port, agent, tally, refusals, () => isOver));
  const codes: (number | null)[] = [];
  for (let i = 0; i < RESTARTS; i++) {
    const before = tally.accepted.size;
    tally.served.clear();
    // All of them: who keeps a connection has one then, and does not make it just when listening ends.
    await until("load", () => tally.accepted.size > before + 200 && tally.served.size === CLIENTS);
    codes.push(await ingest.stop());
    ingest = await startFunction("pulse-ingest", { env, port });
  }
  isOver = true;
  await Promise.all(clients);
  for (const agent of agents) agent.destroy();
  await ingest.stop();
  return { tally, codes };
}

describe("pulse-ingest, stopped and started under load,", () => {
  it("answers or refuses every request of clients that keep their connections", async () => {
    const { tally, codes } = await restartUnderLoad(true);
    expect(tally.failures).toEqual([]);
    expect(codes).toEqual(new Array(RESTARTS).fill(0));
    expect(tally.refused).toBeGreaterThan(0);
    const sent = new Set(pulsesIn(broker.received).map(({ id }) => id));
    expect([...tally.accepted].filter((id) => !sent.has(id))).toEqual([]);
  });

  it("does so, but for connections it had not taken yet, for clients that connect anew for every request", async () => {
    const { tally, codes } = await restartUnderLoad(false);
    expect(tally.failures).toEqual([]);
    expect(codes).toEqual(new Array(RESTARTS).fill(0));
    expect(tally.refused).toBeGreaterThan(0);
  });
});
