// For tests: pulse-query with a store, and ways to fill the store and to ask the function.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { openSqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { createLogger } from "../log.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { createQuery, type QueryOptions } from "../pulse-query/handler.ts";
import { type FunctionHost, openFunctionHost } from "./function-host.ts";
import { OPEN_DOORS } from "./open-doors.ts";

/** When a pulse of `pulseOf` was sent, unless a test says otherwise. */
export const START = Math.floor(Date.now() / 3_600_000) * 3_600_000 - DAY_MS / 2;

const folder = mkdtempSync(join(tmpdir(), "pulse-query-"));
const log = createLogger("silent", "pulse-query");

let stores = 0;
/** Opens a new, empty store. */
export function openStore() {
  const file = join(folder, `${++stores}.db`);
  return openSqlitePulseStore({ file, maxBytes: 64 * 1024 * 1024, retentionMs: 30 * DAY_MS });
}

/** Opens pulse-query under the real runtime, with a retention of 30 days. The test closes the host. */
export async function openQuery(
  options: Pick<QueryOptions, "store"> & Partial<QueryOptions>,
): Promise<{ fn: PulseFunction; host: FunctionHost }> {
  const fn = createQuery({ retentionMs: 30 * DAY_MS, log, doors: OPEN_DOORS, ...options });
  return { fn, host: await openFunctionHost(() => fn) };
}

const store = openStore();
/** The function that most tests ask, open from the first test on. */
export let fn: PulseFunction;
export let host: FunctionHost;

beforeAll(async () => {
  ({ fn, host } = await openQuery({ store, live: { pollMs: 10 } }));
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

let lastId = 0;
/** A pulse with a new id. */
export function pulseOf(fields: Partial<Pulse> & Pick<Pulse, "service_name">): Pulse {
  return { event_time: START, latency_ms: 12.5, status: "ok", id: String(++lastId), source: "/test", ...fields };
}

/** Stores pulses. */
export async function put(...pulses: Pulse[]): Promise<void> {
  expect(await store.write(pulses)).toEqual({ kind: "stored" });
}

/** Removes services. */
export async function forget(...services: string[]): Promise<void> {
  await store.forget(services);
}

/** Asks the function, and reads its answer as JSON. */
export async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${host.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}
