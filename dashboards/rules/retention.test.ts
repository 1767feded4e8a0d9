import { describe, expect, it } from "vitest";
import { ruleOptions } from "../testing/rule-options.ts";
import { isSkippedWithout, runTool } from "../testing/tools.ts";
import { rulesFile } from "./rule-groups.ts";

const WEEK = "time() - 604800";

/** The different times before which rules forget a service. */
function limitsIn(text: string): string[] {
  return [...new Set(text.match(/time\(\) - \d+/g))];
}

describe("the rules forget a service after the store's retention", () => {
  it("as they are generated", () => {
    expect(limitsIn(rulesFile({ ...ruleOptions(), retentionDays: 7 }))).toEqual([WEEK]);
  });

  it.skipIf(isSkippedWithout("helm"))("as the chart installs them", () => {
    const values = "monitoring.enabled=true,retentionDays=7";
    const chart = ["template", "pulsemesh", "infra/charts/pulsemesh", "--kube-version", "1.34.4", "--set", values];
    expect(limitsIn(runTool("helm", chart))).toEqual([WEEK]);
  });
});
