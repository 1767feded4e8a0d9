import { parser as logql } from "@grafana/lezer-logql";
import { parser as promql } from "@prometheus-io/lezer-promql";
import { describe, expect, it } from "vitest";
import { ruleGroups } from "../rules/rule-groups.ts";
import { hasten } from "../testing/hastened-timing.ts";
import { fillIn, type PlacedQuery, panelsOf, queriesOfBoard, queriesOfRules } from "../testing/queries.ts";
import { ruleOptions } from "../testing/rule-options.ts";
import { REAL_TIME } from "../timing.ts";
import { boards } from "./boards.ts";

const VALUES = {
  __rate_interval: "1m",
  __range: "1h",
  __auto: "1m",
  service: "checkout",
  namespace: "pulsemesh",
  function: ".+",
  search: "4bf92f",
};

/** Each place where the grammar does not understand a query, with the text up to there. */
function faultsOf({ place, language, expr }: PlacedQuery): string[] {
  const text = fillIn(expr, VALUES);
  const faults: string[] = [];
  (language === "promql" ? promql : logql).parse(text).iterate({
    enter(node) {
      if (node.type.isError) faults.push(`${place}: ${text.slice(0, node.from)} ⟵ here`);
    },
  });
  return faults;
}

describe.each([
  ["as in production", REAL_TIME],
  ["hastened", hasten(20, 30)],
])("every query, %s", (_, timing) => {
  const panels = Object.values(boards(timing)).flatMap(queriesOfBoard);
  const rules = queriesOfRules(ruleGroups(ruleOptions(timing)));

  it("is valid in the grammar of its language", () => {
    expect(panels.length).toBeGreaterThan(80);
    expect(rules.length).toBeGreaterThan(25);
    expect([...panels, ...rules].flatMap(faultsOf)).toEqual([]);
  });
});

it("this test finds a broken query", () => {
  expect(faultsOf({ place: "here", language: "promql", expr: "sum(rate(x[5m])" })).toHaveLength(1);
  expect(faultsOf({ place: "here", language: "logql", expr: "{a=} | json" })).not.toHaveLength(0);
  expect(() => fillIn("$unheard", VALUES)).toThrow("Expected a value for $unheard");
});

describe.each(Object.entries(boards(REAL_TIME)))("the dashboard %s", (name, board) => {
  it("explains each of its panels, and gives it queries", () => {
    const panels = panelsOf(board) as { title: string; description?: string; targets?: unknown[] }[];
    expect(panels.length).toBeGreaterThan(3);
    expect(panels.filter(({ description = "" }) => description.length < 20)).toEqual([]);
    expect(panels.filter(({ targets = [] }) => targets.length === 0)).toEqual([]);
  });

  it("links to the other dashboards and to the runbook", () => {
    expect(board.uid).toBe(`pulsemesh-${name}`);
    expect(board.links?.map(({ type, url }) => url || type)).toEqual(["dashboards", "/d/pulsemesh-runbook"]);
  });
});

it("the list of services has the silent ones, which no running process counts", () => {
  const { templating } = boards(REAL_TIME).service;
  const query = JSON.stringify(templating?.list?.find(({ name }) => name === "service")?.query);
  const series = /label_values\(([\w:]+), service\)/.exec(query)?.[1];
  const rules = ruleGroups(ruleOptions(REAL_TIME)).flatMap((group) => group.rules);
  // A recorded series that goes on from itself.
  const rule = rules.find((one) => "record" in one && one.record === series);
  expect(rule?.expr).toContain(` or ${series}`);
});
