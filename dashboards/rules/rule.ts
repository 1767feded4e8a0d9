import type { Timing } from "../timing.ts";

/** A rule that leaves a series behind, as Prometheus takes it. */
export interface RecordingRule {
  record: string;
  expr: string;
  labels?: Readonly<Record<string, string>>;
}

/** How soon somebody must look: now, whatever the hour; or in working hours. */
export type Severity = "critical" | "warning";

/** An alert, as Prometheus takes it. */
export interface AlertingRule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: Severity };
  /** `summary`: what the user feels. `description`: what was measured. */
  annotations: { summary: string; description: string; runbook_url: string };
}

/** Rules that are evaluated together, one after the other. */
export interface RuleGroup {
  name: string;
  interval: string;
  rules: readonly (RecordingRule | AlertingRule)[];
}

/** What rules are made for. */
export interface RuleOptions {
  timing: Timing;
  /** The usual period of services, in seconds, where it is not to be learnt. */
  setPeriods: Readonly<Record<string, number>>;
  /** Where the runbook is read. */
  runbookUrl: string;
}
