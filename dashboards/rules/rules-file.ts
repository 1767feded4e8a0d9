import { stringify } from "yaml";
import type { RuleOptions } from "./rule.ts";
import { ruleGroups } from "./rule-groups.ts";

/** The rules as a file that Prometheus and promtool read. */
export function rulesFile(options: RuleOptions): string {
  return stringify({ groups: ruleGroups(options) }, { lineWidth: 0 });
}
