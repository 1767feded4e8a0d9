import { expect, it } from "vitest";
import type { HealthHistory } from "../health-answers.ts";
import { edgesOf, pastOf } from "./browser/past.ts";
import { describeCell, describeUptime, formatUptime, rhythmOf } from "./browser/past-words.ts";

const MINUTE = 60_000;
const NOW = new Date(2026, 10, 30, 12, 10).getTime();
const ago = (minutes: number) => new Date(NOW - minutes * MINUTE).toISOString();

function historyOf(more: Partial<HealthHistory>): HealthHistory {
  const span = { from: ago(1440), to: ago(0) };
  const nothing = { runs: [], maintenance: [], flapping: [] };
  return { service_name: "a", ...span, judged_until: ago(0), is_cut: false, ...nothing, ...more };
}

function runOf(since: number, until: number | null, health: "up" | "down", cause = "") {
  const end = until === null ? null : ago(until);
  return { health, since: ago(since), until: end, confirmed_at: ago(since), cause };
}

it("nothing known is neither 0 nor 100 %, and not like being up", () => {
  const { cells, uptime } = pastOf(historyOf({}), edgesOf("24h", NOW), NOW);
  expect(describeUptime(uptime)).toEqual({ figure: "–", words: "nothing is known of this time" });
  expect(new Set(cells.map(({ shares }) => JSON.stringify(shares)))).toEqual(new Set(['{"unknown":1}']));
  expect(describeCell(cells[0] as (typeof cells)[0], "24h", NOW)).toBe("29 Nov 12:30–29 Nov 13:00: nothing is known");
  const { uptime: planned } = pastOf(
    historyOf({ maintenance: [{ from: new Date(0).toISOString(), to: ago(-60) }] }),
    [0, NOW],
    NOW,
  );
  expect(planned.uptime).toBeNull();
});

it("a cell says each state with its share, and what is still to come is in none", () => {
  const runs = [
    runOf(4, null, "down", "8 of 10 pulses said 503"),
    runOf(55, 4, "up"),
    runOf(60, 55, "down", "2 of 3 pulses said 503"),
    runOf(75, 60, "up"),
  ];
  const maintenance = [{ from: ago(30), to: ago(25) }];
  const edges = edgesOf("24h", NOW);
  const { cells, uptime, incidents } = pastOf(historyOf({ runs, maintenance }), edges, NOW);
  const words = cells.slice(-4).map((cell) => describeCell(cell, "24h", NOW));
  expect(words).toEqual([
    "10:30–11:00: unknown 83.3 % (25 min), up 16.7 %",
    "11:00–11:30: down 16.7 % (5 min), up 83.3 %",
    "11:30–12:00: in maintenance 16.7 % (5 min), up 83.3 %",
    "12:00–12:30 (until now): down 40 % (4 min), up 60 %",
  ]);
  expect(describeUptime(uptime)).toEqual({
    figure: "87.14 %",
    words: "up, of the 4.9 % of the time that is known, without 5 min of maintenance",
  });
  expect(incidents.map(({ since, until }) => [(NOW - since) / MINUTE, until])).toEqual([
    [4, undefined],
    [60, NOW - 55 * MINUTE],
  ]);
});

it("an uptime is 100 % only where nothing else was, and days are those of the reader", () => {
  expect([1, 0.99999, 0.5, 0.00001, 0].map(formatUptime)).toEqual(["100 %", "99.99 %", "50 %", "< 0.01 %", "0 %"]);
  const edges = edgesOf("90d", NOW);
  expect(edges).toHaveLength(91);
  expect(edges.map((edge) => new Date(edge).getHours()).every((hour) => hour === 0)).toBe(true);
  expect(edges.at(-1)).toBe(new Date(2026, 11, 1).getTime());
});

it.each([
  [null, "its usual period is not known yet"],
  [200, "several pulses a second, late after 2 min of silence"],
  [29_000, "pulses about every 29 s, late after 2 min of silence"],
])("a period of %s ms is told as a person would", (usual_period_ms, words) => {
  expect(rhythmOf({ usual_period_ms, late_at: ago(3), last_seen: ago(5) })).toBe(words);
});
