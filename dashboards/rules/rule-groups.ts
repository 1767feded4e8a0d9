import { durationOf } from "../timing.ts";
import { alertingRules } from "./alerts.ts";
import { budgetRules, ledgerRules } from "./flow-rules.ts";
import type { RuleGroup, RuleOptions } from "./rule.ts";
import { serviceRules } from "./service-rules.ts";

/** All rules: what is recorded first, then the alerts on it. */
export function ruleGroups(options: RuleOptions): RuleGroup[] {
  const interval = durationOf(options.timing.tickSeconds);
  return [
    { name: "pulsemesh-services", interval, rules: serviceRules(options) },
    { name: "pulsemesh-ingest-budget", interval, rules: budgetRules(options) },
    { name: "pulsemesh-ledger", interval, rules: ledgerRules(options) },
    { name: "pulsemesh-alerts", interval, rules: alertingRules(options) },
  ];
}
