// For tests: pulse-query on a store of its own, and ways to fill and ask it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { openSqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { createLogger } from "../log.ts";
import { createQuery } from "../pulse-query/handler.ts";
import { type FunctionHost, openFunctionHost } from "./function-host.ts";

export const DAY = 86_400_000;
export const START = Math.floor(Date.now() / 3_600_000) * 3_600_000 - DAY / 2;
export const log = createLogger("silent", "pulse-query");
const folder = mkdtempSync(join(tmpdir(), "pulse-query-"));

/** A store of its own, for a test that has a host of its own. */
export function openStore(name: string) {
  return openSqlitePulseStore({ file: join(folder, name), maxBytes: 64 * 1024 * 1024, retentionMs: 30 * DAY });
}

const store = openStore("pulses.db");
/** Open from the first test on. */
export let host: FunctionHost;

beforeAll(async () => {
  host = await openFunctionHost(() => createQuery({ store, retentionMs: 30 * DAY, log, live: { pollMs: 10 } }));
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

let lastId = 0;
/** A pulse with an id of its own. */
export function pulseOf(fields: Partial<Pulse> & Pick<Pulse, "service_name">): Pulse {
  return { event_time: START, latency_ms: 12.5, status: "ok", id: String(++lastId), source: "/test", ...fields };
}

/** Stores pulses. */
export async function put(...pulses: Pulse[]): Promise<void> {
  expect(await store.write(pulses)).toEqual({ kind: "stored" });
}

/** Asks the function, and reads its answer as JSON. */
export async function get(path: string, init: RequestInit = {}) {
  const response = await fetch(`${host.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}
