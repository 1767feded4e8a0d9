import { expect, it } from "vitest";
import type { HealthHistory } from "../health-answers.ts";
import { edgesOf, pastOf } from "./browser/past.ts";
import { describeCell, describePlan, describeUptime, formatUptime, rhythmOf } from "./browser/past-words.ts";

const MINUTE = 60_000;
const NOW = new Date(2026, 10, 30, 12, 10).getTime();
const ago = (minutes: number) => new Date(NOW - minutes * MINUTE).toISOString();

function historyOf(more: Partial<HealthHistory>): HealthHistory {
  const span = { from: ago(1440), to: ago(0) };
  const nothing = { runs: [], maintenance: [], flapping: [] };
  return {
    service_name: "a",
    ...span,
    kept_from: ago(400 * 1440),
    judged_until: ago(0),
    is_cut: false,
    ...nothing,
    ...more,
  };
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
    historyOf({ maintenance: [{ from: new Date(0).toISOString(), to: ago(-60), reason: null }] }),
    [NOW - 60 * MINUTE, NOW],
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
  const maintenance = [
    { from: ago(30), to: ago(25), reason: "the disk is replaced" },
    { from: ago(30), to: ago(28), reason: null },
  ];
  const edges = edgesOf("24h", NOW);
  const { cells, uptime, incidents } = pastOf(historyOf({ runs, maintenance }), edges, NOW);
  const words = cells.slice(-4).map((cell) => describeCell(cell, "24h", NOW));
  expect(words).toEqual([
    "10:30–11:00: unknown 83.3 % (25 min), up 16.7 %",
    "11:00–11:30: down 16.7 % (5 min), up 83.3 %",
    "11:30–12:00: in maintenance 16.7 % (5 min), up 83.3 %; work: the disk is replaced",
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

it("what is not kept is neither up nor unknown: it says that it is not kept", () => {
  const runs = [runOf(200 * 1440, null, "up")];
  const past = pastOf(historyOf({ runs, kept_from: ago(60 * 1440) }), edgesOf("90d", NOW), NOW);
  const words = past.cells.map((cell) => describeCell(cell, "90d", NOW));
  expect(words[0]).toBe("Wed 2 Sept: not kept");
  expect(words.filter((one) => one.endsWith(": not kept"))).toHaveLength(29);
  expect(words[29]).toBe("Thu 1 Oct: up all the time");
  expect(past.cells[0]?.shares).toEqual({});
  expect(past.keptFrom).toBe(NOW - 60 * 1440 * MINUTE);
  expect(describeUptime(past.uptime)).toEqual({ figure: "100 %", words: "up" });
  expect(pastOf(historyOf({ runs }), edgesOf("90d", NOW), NOW).keptFrom).toBeUndefined();
});

it("a plan is told with its reason: what is planned for now, else what comes next", () => {
  const plan = (from: number, to: number, reason: string | null) => ({ from: ago(from), to: ago(to), reason });
  expect(describePlan([], NOW)).toBeUndefined();
  expect(describePlan([plan(-60, -90, "a new disk"), plan(-120, -180, null)], NOW)).toBe(
    "Work planned for 13:10–13:40: a new disk",
  );
  expect(describePlan([plan(60, -20, null), plan(30, -50, "a new disk"), plan(-60, -90, "more")], NOW)).toBe(
    "Work until 13:00: a new disk",
  );
});

it.each([
  [null, "its usual period is not known yet"],
  [200, "several pulses a second, late after 2 min of silence"],
  [29_000, "pulses about every 29 s, late after 2 min of silence"],
])("a period of %s ms is told as a person would", (usual_period_ms, words) => {
  expect(rhythmOf({ usual_period_ms, late_at: ago(3), last_seen: ago(5) })).toBe(words);
});
