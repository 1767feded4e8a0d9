import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { DAY_MS } from "../../events/time.ts";
import { ServicesSettings } from "../../health/service-settings.ts";
import type { HealthReader } from "../../storage/health-ports.ts";
import { PastHealth } from "./health-history.ts";

const NOW = Date.UTC(2026, 10, 30);
const YEAR = { from: NOW - 365 * DAY_MS, to: NOW };

/** Of a service that changes every hour. */
const RUNS = Array.from({ length: 365 * 24 }, (_, i): HealthRun => {
  const since = YEAR.from + (i * DAY_MS) / 24;
  return { since, health: i % 4 === 3 ? "down" : "up", confirmedAt: since, cause: "" };
});

function openPast(runs: HealthReader["runs"] = async () => RUNS) {
  const health: Partial<HealthReader> = {
    runs,
    memory: async () => undefined,
    judgedUntil: async () => NOW,
  };
  const settings = new ServicesSettings();
  return new PastHealth({
    health: health as HealthReader,
    settings: () => settings,
    retentionMs: 30 * DAY_MS,
    historyMs: 400 * DAY_MS,
    now: () => NOW,
  });
}

it("histories read one long past at one time, and short ones meanwhile", async () => {
  let [reading, most, short] = [0, 0, 0];
  const past = openPast(async (service, _, beforeMore) => {
    if (service.startsWith("short")) return [RUNS[short++] as HealthRun];
    await beforeMore?.();
    most = Math.max(most, ++reading);
    await nextTurn();
    expect(short).toBe(4);
    reading--;
    return RUNS;
  });
  const services = ["long", "short"].flatMap((kind) => Array.from({ length: 4 }, (_, i) => `${kind}-${i}`));
  const { histories } = await past.histories(services, YEAR, 10, {});
  expect([histories.length, most]).toEqual([8, 1]);
});

/** How a work shares the process that is given up at one of its turns. */
function givenUpAt(turn: number) {
  const abort = new AbortController();
  let turns = 0;
  const nextTurn = async () => {
    if (++turns === turn) abort.abort();
  };
  return { share: { signal: abort.signal, nextTurn }, turns: () => turns };
}

it("an uptime by day takes a turn for each day, and ends where it is given up", async () => {
  const past = openPast();
  const all = givenUpAt(1000);
  const { parts, uptime } = await past.uptime("api", YEAR, { by: "day", ...all.share });
  expect([parts.length, all.turns(), uptime]).toEqual([365, 366, 0.75]);
  expect(new Set(parts.map((part) => part.uptime))).toEqual(new Set([0.75]));
  const some = givenUpAt(5);
  await expect(past.uptime("api", YEAR, { by: "day", ...some.share })).rejects.toThrow("aborted");
  expect(some.turns()).toBe(5);
});

it("a history that is given up ends once it is read", async () => {
  await expect(openPast().history("api", YEAR, 10, givenUpAt(1).share)).rejects.toThrow("aborted");
});
