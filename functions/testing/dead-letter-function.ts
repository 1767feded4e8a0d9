// For tests: pulse-deadletter with a broker, and with a new, empty store for each test.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterAll, beforeEach, expect } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { openSqliteDeadLetterStore } from "../../storage/sqlite/dead-letter-store.ts";
import { openBrokerClient } from "../broker-client.ts";
import { createLogger } from "../log.ts";
import { createDeadLetterMetrics } from "../pulse-deadletter/dead-letter-metrics.ts";
import { createDeadLetter, type DeadLetterOptions } from "../pulse-deadletter/handler.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { openBroker } from "./broker.ts";
import { type FunctionHost, openFunctionHost } from "./function-host.ts";
import { OPEN_DOORS } from "./open-doors.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-deadletter-"));
const log = createLogger("silent", "pulse-deadletter");
const registry = new Registry();
export const metrics = createDeadLetterMetrics([registry]);

export const broker = await openBroker();

let stores = 0;
export let store: ReturnType<typeof openSqliteDeadLetterStore>;
export let host: FunctionHost;
export let fn: PulseFunction;
/** The time that the function sees. */
export const clock = { now: 0 };

interface Options extends Partial<DeadLetterOptions> {
  deadlineMs?: number;
}

async function openHost({ deadlineMs = 20_000, ...options }: Options = {}): Promise<void> {
  const file = join(folder, `${++stores}.db`);
  store = openSqliteDeadLetterStore({ file, maxBytes: 64 * 1024 * 1024, retentionMs: 30 * DAY_MS });
  const client = openBrokerClient({ url: new URL(broker.url), connections: 4, deadlineMs, log });
  fn = createDeadLetter({
    store,
    broker: client,
    metrics,
    doors: OPEN_DOORS,
    retentionMs: 30 * DAY_MS,
    maxPulses: 10_000,
    now: () => clock.now,
    ...options,
  });
  host = await openFunctionHost(() => fn);
}

/** Replaces the function by one with other options, and a new, empty store. */
export async function reopen(options: Options): Promise<void> {
  await host.close();
  await openHost(options);
}

beforeEach(async () => {
  clock.now = Date.now() - 3_600_000;
  broker.answer = () => 202;
  broker.received.length = 0;
  registry.resetMetrics();
  await openHost();
  return () => host.close();
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

export const FAILED = {
  "ce-knativeerrordest": "http://persist/",
  "ce-knativearrivaltime": new Date(Date.now() - 7_200_000).toISOString(),
};
let lastId = 0;

/** Posts a failed event in binary mode, a second after the previous one, and returns its id. */
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

/** The log's lines so far. */
export const logLines = () => host.lines;

/** The dead letters that match a query. */
export async function list(query = ""): Promise<{ id: string; event: { id: string }; [name: string]: unknown }[]> {
  const { status, body } = await ask(`/dead-letters${query}`);
  expect(status).toBe(200);
  return body.dead_letters;
}
export const eventIds = async (query = "") => (await list(query)).map(({ event }) => event.id);
export const deadLetterId = async (eventId: string) => (await list()).find(({ event }) => event.id === eventId)?.id;
const JSON_TYPE = { "content-type": "application/json" };
export const replay = (path: string, body?: string, headers: Record<string, string> = {}) =>
  ask(path, {
    method: "POST",
    headers: { ...headers, ...(body !== undefined && JSON_TYPE) },
    ...(body !== undefined && { body }),
  });
