import type { DeliverySpec } from "../../events/triggers.ts";
import type { Timing } from "../timing.ts";

/** A rule that records a series, as Prometheus takes it. */
export interface RecordingRule {
  record: string;
  expr: string;
  labels?: Readonly<Record<string, string>>;
}

/** How soon someone must look: now at any hour, or during working hours. */
export type Severity = "critical" | "warning";

/** An alert, as Prometheus takes it. */
export interface AlertingRule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: Severity };
  /** `summary`: what users notice. `description`: what was measured, and what to do first. */
  annotations: { summary: string; description: string; runbook_url: string };
}

/** Rules that Prometheus evaluates together, one after the other. */
export interface RuleGroup {
  name: string;
  interval: string;
  rules: readonly (RecordingRule | AlertingRule)[];
}

export interface RuleOptions {
  timing: Timing;
  /** How long the store keeps pulses. */
  retentionDays: number;
  /** How the broker delivers pulses to pulse-persist. */
  delivery: DeliverySpec;
  /** Where people read the runbook. */
  runbookUrl: string;
}
