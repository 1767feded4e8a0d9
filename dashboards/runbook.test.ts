import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { METRICS } from "../functions/metrics/names.ts";
import type { AlertingRule } from "./rules/rule.ts";
import { ruleGroups } from "./rules/rule-groups.ts";
import { REAL_TIME } from "./timing.ts";

const RUNBOOK = readFileSync(new URL("RUNBOOK.md", import.meta.url), "utf8");
const ALERTS = ruleGroups({ timing: REAL_TIME, setPeriods: {}, runbookUrl: "RUNBOOK.md" })
  .flatMap(({ rules }) => rules)
  .filter((rule): rule is AlertingRule => "alert" in rule);

it("the runbook has a heading for each alert, and none for an alert there is not", () => {
  const headings = [...RUNBOOK.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);
  expect(headings.sort()).toEqual(ALERTS.map(({ alert }) => alert).sort());
  for (const { annotations } of ALERTS) {
    expect(headings.map((heading) => `RUNBOOK.md#${heading.toLowerCase()}`)).toContain(annotations.runbook_url);
  }
});

it.each(ALERTS.map(({ alert }) => alert))(
  "the runbook says of %s what it means, what to look at and what to do",
  (alert) => {
    const section = RUNBOOK.split(`### ${alert}\n`)[1]?.split(/^##/m)[0] ?? "";
    for (const part of ["**Means**", "**Look at**", "**Do**", "```sh"]) expect(section).toContain(part);
  },
);

it("the runbook names scripts and metrics that exist", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  for (const [, script] of RUNBOOK.matchAll(/npm run (\S+?)[`\s]/g)) expect(Object.keys(scripts)).toContain(script);
  const names = Object.values(METRICS).join(" ");
  for (const [, words] of RUNBOOK.matchAll(/grep -E '(?:store|emit)_\(([a-z_|]+)\)/g)) {
    for (const word of words?.split("|") ?? []) expect(names).toContain(`_${word}`);
  }
});

it("every alert says how urgent it is and what the user feels", () => {
  for (const { labels, annotations } of ALERTS) {
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(annotations.summary).toMatch(/\.$/);
    expect(annotations.description).not.toBe("");
  }
});
