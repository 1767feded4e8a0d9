import type { RuleOptions } from "../rules/rule.ts";
import { REAL_TIME, type Timing } from "../timing.ts";

/** What tests make rules for: one service whose period is set, the others learn theirs. */
export function ruleOptions(timing: Timing = REAL_TIME): RuleOptions {
  return { timing, retentionDays: 30, setPeriods: { "nightly-backup": 86_400 }, runbookUrl: "RUNBOOK.md" };
}
