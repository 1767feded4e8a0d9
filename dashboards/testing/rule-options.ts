import { PERSIST_DELIVERY } from "../rules/ledger-times.ts";
import type { RuleOptions } from "../rules/rule.ts";
import { REAL_TIME, type Timing } from "../timing.ts";

/** What tests make rules for: one service whose period is set, the others learn theirs. */
export function ruleOptions(timing: Timing = REAL_TIME): RuleOptions {
  const setPeriods = { "nightly-backup": 86_400 };
  return { timing, retentionDays: 30, setPeriods, delivery: PERSIST_DELIVERY, runbookUrl: "RUNBOOK.md" };
}
