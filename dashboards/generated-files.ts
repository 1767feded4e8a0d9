import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { functionSettings } from "../settings/function-settings.ts";
import { localSettings } from "../settings/local-settings.ts";
import { alertmanagerConfigSpec } from "./alertmanager-config.ts";
import { boards } from "./boards/boards.ts";
import { runbookBoard } from "./boards/runbook-board.ts";
import { prometheusConfig, targetGroups } from "./prometheus-config.ts";
import { PERSIST_DELIVERY } from "./rules/ledger-times.ts";
import { rulesFile } from "./rules/rule-groups.ts";
import { BROKER_JOB } from "./selectors.ts";
import { REAL_TIME } from "./timing.ts";

const RUNBOOK = new URL("RUNBOOK.md", import.meta.url);
const ROUTES = new URL("alertmanager.yaml", import.meta.url);
const NOTICE = "# Made by `npm run dashboards` from dashboards/*.ts: change those.\n";

// Some readers of YAML take an unquoted = for something else than a string.
const QUOTED = { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" } as const;

export interface GeneratedFilesOptions {
  /** Where people read the runbook. @default "dashboards/RUNBOOK.md" */
  runbookUrl?: string | undefined;
  /** How long the store keeps pulses. @default the default of PULSE_RETENTION_DAYS */
  retentionDays?: number;
}

/** The files of dashboards/generated/ by name. */
export function generatedFiles({
  runbookUrl = "dashboards/RUNBOOK.md",
  retentionDays = functionSettings.retentionDays.fallback,
}: GeneratedFilesOptions = {}): Record<string, string> {
  const dashboards = { ...boards(REAL_TIME), runbook: runbookBoard(readFileSync(RUNBOOK, "utf8")) };
  const jsons = Object.entries(dashboards).map(([name, board]) => [
    `${name}.json`,
    `${JSON.stringify(board, null, 2)}\n`,
  ]);
  const options = { timing: REAL_TIME, retentionDays, delivery: PERSIST_DELIVERY, runbookUrl };
  const rules = rulesFile(options);
  const routes = alertmanagerConfigSpec(readFileSync(ROUTES, "utf8"));
  return {
    ...Object.fromEntries(jsons),
    "rules.yaml": NOTICE + rules,
    "prometheus.yaml": NOTICE + stringify(laptopPrometheus()),
    "alertmanager-config.yaml": NOTICE + stringify(routes, QUOTED),
  };
}

// For `make run`: prometheus --config.file=dashboards/generated/prometheus.yaml
function laptopPrometheus(): object {
  const { ingestPort, queryPort, persistPort, deadletterPort, healthPort, brokerPort } = localSettings;
  const ports = {
    "pulse-ingest": ingestPort,
    "pulse-query": queryPort,
    "pulse-persist": persistPort,
    "pulse-deadletter": deadletterPort,
    "pulse-health": healthPort,
    [BROKER_JOB]: brokerPort,
  };
  const targets = Object.entries(ports).map(([job, { fallback }]) => [job, `localhost:${fallback}`]);
  return prometheusConfig({
    timing: REAL_TIME,
    ruleFile: "rules.yaml",
    alertmanager: "localhost:9093",
    discovery: { static_configs: targetGroups(Object.fromEntries(targets)) },
  });
}
