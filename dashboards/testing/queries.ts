// Lists the queries of dashboards and rules, for tests that parse and run each of them.
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { parser as promql } from "@prometheus-io/lezer-promql";
import type { RuleGroup } from "../rules/rule.ts";

/** A query, and the dashboard and panel or the group and rule that it belongs to. */
export interface PlacedQuery {
  place: string;
  language: "promql" | "logql";
  expr: string;
}

interface PanelJson {
  type: string;
  title?: string;
  datasource?: { type?: string };
  targets?: { expr?: string }[];
  panels?: PanelJson[];
}

/** Every panel of a dashboard, also those in closed rows. */
export function panelsOf(board: Dashboard): PanelJson[] {
  const panels = (board.panels ?? []) as PanelJson[];
  return panels.flatMap((panel) => (panel.type === "row" ? (panel.panels ?? []) : [panel]));
}

/** Every query of a dashboard's panels. */
export function queriesOfBoard(board: Dashboard): PlacedQuery[] {
  return panelsOf(board).flatMap(({ title, datasource, targets = [] }) =>
    targets.map(({ expr = "" }) => ({
      place: `${board.title} / ${title}`,
      language: datasource?.type === "loki" ? ("logql" as const) : ("promql" as const),
      expr,
    })),
  );
}

/** Every expression of the rules. */
export function queriesOfRules(groups: readonly RuleGroup[]): PlacedQuery[] {
  return groups.flatMap(({ name, rules }) =>
    rules.map((rule) => ({
      place: `${name} / ${"alert" in rule ? rule.alert : rule.record}`,
      language: "promql" as const,
      expr: rule.expr,
    })),
  );
}

/** A query with Grafana's variables filled in, as Grafana sends it. */
export function fillIn(expr: string, values: Readonly<Record<string, string>>): string {
  return expr.replace(/\$(\w+)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Expected a value for $${name}, got none: name it where the query is run`);
    return value;
  });
}

/** The expression with comparisons that give 0 or 1 instead of dropping series within the bounds. */
export function withoutThresholds(expr: string): string {
  const ends: number[] = [];
  promql.parse(expr).iterate({
    enter({ name, to, node }) {
      const isComparison = ["Gtr", "Lss", "Gte", "Lte", "Eql", "Neq"].includes(name);
      const givesNumbers = /^\s*bool\b/.test(expr.slice(to));
      if (isComparison && !givesNumbers && node.parent?.name === "BinaryExpr") ends.push(to);
    },
  });
  return ends.reduceRight((text, end) => `${text.slice(0, end)} bool${text.slice(end)}`, expr);
}
