// For tests: pulse-deadletter between a store, empty for each test, and a broker that answers as it is told.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Registry } from "prom-client";
import { afterAll, beforeEach, expect } from "vitest";
import { openSqliteDeadLetterStore } from "../../storage/sqlite/dead-letter-store.ts";
import { openBrokerClient } from "../broker-client.ts";
import { createLogger } from "../log.ts";
import { createDeadLetterMetrics } from "../pulse-deadletter/dead-letter-metrics.ts";
import { createDeadLetter } from "../pulse-deadletter/handler.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { type LoopbackHost, openLoopbackHost } from "./loopback-host.ts";

const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "pulse-deadletter-"));
const log = createLogger("silent", "pulse-deadletter");
const registry = new Registry();
export const metrics = createDeadLetterMetrics([registry]);

/** A broker that notes what it gets and answers as it is told. */
export const broker: {
  received: { headers: IncomingHttpHeaders; body: string }[];
  answer: (headers: IncomingHttpHeaders, body: string) => number | Promise<number>;
} = { received: [], answer: () => 202 };
const server = createServer(async (request, response) => {
  // A client that goes away in the middle has nothing to be told.
  const body = await text(request).catch(() => undefined);
  if (body === undefined) return;
  broker.received.push({ headers: request.headers, body });
  response.writeHead(await broker.answer(request.headers, body)).end();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as { port: number };

// Each test begins with an empty store of its own.
let stores = 0;
export let store: ReturnType<typeof openSqliteDeadLetterStore>;
let host: LoopbackHost;
export let fn: PulseFunction;
/** What time it is for the function. */
export const clock = { now: 0 };

async function openHost(deadlineMs = 20_000): Promise<void> {
  const file = join(folder, `${++stores}.db`);
  store = openSqliteDeadLetterStore({ file, maxBytes: 64 * 1024 * 1024, retentionMs: 30 * DAY });
  const client = openBrokerClient({ url: new URL(`http://127.0.0.1:${port}/broker`), connections: 4, deadlineMs, log });
  fn = createDeadLetter({ store, broker: client, metrics, now: () => clock.now });
  host = await openLoopbackHost(fn);
}

/** A function that gives a broker little time, for tests of one that does not take anything. */
export async function reopenImpatient(): Promise<void> {
  await host.close();
  await openHost(150);
}

beforeEach(async () => {
  clock.now = Date.now() - 3_600_000;
  broker.answer = () => 202;
  broker.received.length = 0;
  registry.resetMetrics();
  await openHost();
  return () => host.close();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

export const FAILED = { "ce-knativeerrordest": "http://persist/", "ce-knativearrivaltime": "2026-01-02T03:04:05Z" };
let lastId = 0;

/** Posts a failed event in binary mode, a second after the one before; gives its id. */
export async function post(headers: Record<string, string> = {}, body: string | Buffer = '{"latency_ms":-1}') {
  clock.now += 1000;
  const id = `event-${++lastId}`;
  const response = await fetch(host.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": id,
      "ce-source": "/shop",
      "ce-type": "dev.pulsemesh.pulse.v1",
      "ce-knativeerrorcode": "400",
      ...FAILED,
      ...headers,
    },
    body: new Uint8Array(Buffer.from(body)),
  });
  expect([response.status, await response.text()]).toEqual([204, ""]);
  return id;
}

/** Asks the function, and reads its answer as JSON. */
export async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${host.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

/** The letters that match. */
export async function list(query = ""): Promise<{ id: string; event: { id: string }; [name: string]: unknown }[]> {
  const { status, body } = await ask(`/dead-letters${query}`);
  expect(status).toBe(200);
  return body.dead_letters;
}
export const eventIds = async (query = "") => (await list(query)).map(({ event }) => event.id);
export const letterId = async (eventId: string) => (await list()).find(({ event }) => event.id === eventId)?.id;
export const replay = (path: string, body?: string) =>
  ask(path, { method: "POST", ...(body !== undefined && { body }) });
