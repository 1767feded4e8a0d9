import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { EXAMPLE_WEBHOOK } from "./alertmanager-config.ts";
import { generatedFiles } from "./generated-files.ts";

const FOLDER = new URL("generated/", import.meta.url);

it("dashboards/generated/ is what `npm run dashboards` makes", () => {
  const files = generatedFiles();
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(files).sort());
  const stale = Object.keys(files).filter((name) => readFileSync(new URL(name, FOLDER), "utf8") !== files[name]);
  expect(stale, "run npm run dashboards").toEqual([]);
});

it("alerts link to the runbook's address", () => {
  const rules = generatedFiles({ runbookUrl: "https://wiki.example/runbook" })["rules.yaml"];
  expect(rules).toContain("runbook_url: https://wiki.example/runbook#pulseservicestopped");
});

it("alerts are held back behind alerts that exist, and those on services also while nobody judges", () => {
  const { groups } = parse(generatedFiles()["rules.yaml"] ?? "") as { groups: { rules: { alert?: string }[] }[] };
  const alerts = groups.flatMap(({ rules }) => rules).flatMap(({ alert = [] }) => alert);
  const { inhibit_rules: inhibitions } = parse(readFileSync(new URL("alertmanager.yaml", import.meta.url), "utf8"));
  const namesOf = ([matcher = ""]: string[]) => /^alertname=~?"(.+)"$/.exec(matcher)?.[1]?.split("|") ?? [];
  const held = new Map<string, string[]>();
  for (const { source_matchers: sources, target_matchers: targets } of inhibitions) {
    for (const source of namesOf(sources)) held.set(source, [...(held.get(source) ?? []), ...namesOf(targets)]);
  }
  expect(alerts).toEqual(expect.arrayContaining([...held.keys(), ...[...held.values()].flat()]));
  expect(held.get("PulseHealthKeeperAway")).toEqual([
    "PulseServiceStopped",
    "PulseServiceDown",
    "PulseServiceDegraded",
  ]);
  const holding = [...held].filter(([, targets]) => targets.includes("PulseServiceStopped"));
  // While PulseMesh is blind, silence is unknown, and fires nothing.
  expect(holding.map(([source]) => source)).toEqual(["PulseHealthKeeperAway"]);
});

it("the chart's routes are those of alertmanager.yaml in the operator's words, with the example's address", () => {
  const text = generatedFiles()["alertmanager-config.yaml"] ?? "";
  const { route, inhibitRules, receivers } = parse(text);
  expect(route.routes[0]).toMatchObject({
    matchers: [{ name: "severity", matchType: "=", value: "critical" }],
    groupWait: "10s",
    receiver: "on-call",
  });
  expect(inhibitRules[0].sourceMatch).toEqual([{ name: "alertname", matchType: "=", value: "PulseHealthKeeperAway" }]);
  expect(receivers[0].webhookConfigs).toEqual([{ url: `${EXAMPLE_WEBHOOK}/on-call`, sendResolved: true }]);
  // No key is left in Alertmanager's spelling.
  expect(text).not.toMatch(/^\s*-? ?\w+_\w+:/m);
});
