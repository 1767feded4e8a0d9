import { expect, it } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { DAY_MS } from "../../events/time.ts";
import { ServicesSettings } from "../../health/service-settings.ts";
import type { HealthReader } from "../../storage/health-ports.ts";
import { PastHealth } from "./health-history.ts";

const NOW = Date.UTC(2026, 10, 30);
const YEAR = { from: NOW - 365 * DAY_MS, to: NOW };

/** The past of a service that changes every hour. */
function openPast() {
  const runs = Array.from({ length: 365 * 24 }, (_, i): HealthRun => {
    const since = YEAR.from + (i * DAY_MS) / 24;
    return { since, health: i % 4 === 3 ? "down" : "up", confirmedAt: since, cause: "" };
  });
  const health: Partial<HealthReader> = {
    runs: async () => runs,
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
