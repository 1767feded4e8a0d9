import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { generatedFiles } from "./generated-files.ts";

const FOLDER = new URL("generated/", import.meta.url);

it("dashboards/generated/ is what `npm run dashboards` makes", () => {
  const files = generatedFiles();
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(files).sort());
  const stale = Object.keys(files).filter((name) => readFileSync(new URL(name, FOLDER), "utf8") !== files[name]);
  expect(stale, "run npm run dashboards").toEqual([]);
});

it("alerts point to where the runbook is read", () => {
  const rules = generatedFiles({ runbookUrl: "https://wiki.example/runbook" })["rules.yaml"];
  expect(rules).toContain("runbook_url: https://wiki.example/runbook#pulseservicestopped");
});
