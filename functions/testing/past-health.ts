// Services whose past is made up, for tests that ask pulse-query for it.
import { beforeAll } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { parseServices } from "../../health/services-file.ts";
import { doorSettings } from "../../settings/door-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { createLogger } from "../log.ts";
import { openDoors } from "../tokens/doors.ts";
import type { FunctionHost } from "./function-host.ts";
import { openQuery, openStore, pulseOf } from "./query-function.ts";
import { fileOf } from "./token-files.ts";

export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Noon of a day, in UTC; it is judged until two o'clock. */
const NOON = Date.UTC(2026, 9, 24, 12);
const NOW = NOON + 2 * HOUR + 13_000;
/** A time so many minutes after noon. */
export const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();

/** Runs that begin at some minutes after noon. */
function runsOf(...runs: [minute: number, health: HealthRun["health"], cause?: string][]): HealthRun[] {
  return runs.map(([minute, health, cause = "one pulse was well"]) => {
    const since = NOON + minute * MINUTE;
    return { since, health, confirmedAt: since + 10_000, cause };
  });
}

const RUNS: Record<string, HealthRun[]> = {
  api: runsOf(
    [-60, "up"],
    [0, "degraded", "2 of 20 pulses said slow"],
    [10, "down", '9 of 10 said "a, b"'],
    [40, "up"],
  ),
  db: runsOf([-90, "up"], [90, "late", "no pulse for 4 min, where one usually comes within 1 min"]),
  old: runsOf([-90, "down", "2 of 3 pulses said 503"]),
  unseen: runsOf(
    [-6000, "up"],
    [-5000, "down", "3 of 3 pulses said 503"],
    [-4000, "unknown"],
    [-3000, "late"],
    [80, "unknown"],
  ),
  // Its last pulse came 50 days before.
  gone: runsOf([-50 * 1440 - 5, "up"], [-50 * 1440, "late"]),
  flaps: runsOf(
    [-90, "up"],
    ...[0, 9, 18, 27, 36, 45].map((minute, i): [number, HealthRun["health"]] => [minute, i % 2 ? "up" : "down"]),
  ),
};

let host: FunctionHost;

/** Serves them to the tests of a file. */
export function servePast(): void {
  beforeAll(async () => {
    const store = openStore();
    await store.write(Object.keys(RUNS).map((service) => pulseOf({ service_name: service, event_time: Date.now() })));
    const basis = await store.health.begin();
    const span = { from: 0, to: Number.POSITIVE_INFINITY };
    await store.health.keep(
      Object.entries(RUNS).map(([service, runs]) => ({ service, runs: { span, runs } })),
      basis,
    );
    await store.health.noteJudged(NOON + 2 * HOUR);
    const settings = parseServices(
      `- { services: old, retired: true }
- services: api
  owner: shop
  link: https://wiki.example/api
  maintenance: [{ from: "${at(20)}", to: "${at(30)}", reason: a new disk }]`,
      { file: "services.yaml", variable: "PULSE_SERVICES_FILE" },
    );
    const doors = openDoors(
      { ...readSettings(doorSettings, {}), readTokensFile: fileOf("all *\nsome d*\nothers u*\n") },
      createLogger("silent", "pulse-query"),
    );
    ({ host } = await openQuery({ store, doors, settings: () => settings, now: () => NOW }));
    return () => host.close();
  });
}

export async function ask(path: string, { accept = "application/json", token = "all" } = {}) {
  const response = await fetch(`${host.url}${path}`, { headers: { accept, authorization: `Bearer ${token}` } });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true && !accept.includes("ndjson");
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

/** The values of lines of JSON. */
export function linesOf(text: string): unknown[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
