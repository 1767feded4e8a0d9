import { stringify } from "yaml";
import { durationOf } from "../timing.ts";
import { alertingRules } from "./alerts.ts";
import { budgetRules, ledgerRules } from "./flow-rules.ts";
import type { RuleGroup, RuleOptions } from "./rule.ts";
import { serviceRules } from "./service-rules.ts";

/** All rules: first those that record series, then the alerts on these. */
export function ruleGroups(options: RuleOptions): RuleGroup[] {
  const interval = durationOf(options.timing.tickSeconds);
  return [
    { name: "pulsemesh-services", interval, rules: serviceRules(options) },
    { name: "pulsemesh-ingest-budget", interval, rules: budgetRules(options) },
    { name: "pulsemesh-ledger", interval, rules: ledgerRules(options) },
    { name: "pulsemesh-alerts", interval, rules: alertingRules(options) },
  ];
}

/** The rules as a file for Prometheus and promtool. */
export function rulesFile(options: RuleOptions): string {
  return stringify({ groups: ruleGroups(options) }, { lineWidth: 0 });
}
