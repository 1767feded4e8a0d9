import { PERSIST_DELIVERY } from "../rules/ledger-times.ts";
import type { RuleOptions } from "../rules/rule.ts";
import { REAL_TIME, type Timing } from "../timing.ts";

/** What tests make rules for. */
export function ruleOptions(timing: Timing = REAL_TIME): RuleOptions {
  return { timing, retentionDays: 30, delivery: PERSIST_DELIVERY, runbookUrl: "RUNBOOK.md" };
}
