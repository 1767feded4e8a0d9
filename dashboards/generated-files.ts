import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { SET_PERIODS } from "../events/lateness.ts";
import { alertmanagerConfigSpec } from "./alertmanager-config.ts";
import { boards } from "./boards/boards.ts";
import { runbookBoard } from "./boards/runbook-board.ts";
import { prometheusConfig } from "./prometheus-config.ts";
import { rulesFile } from "./rules/rules-file.ts";
import { REAL_TIME } from "./timing.ts";

const RUNBOOK = new URL("RUNBOOK.md", import.meta.url);
const ROUTES = new URL("alertmanager.yaml", import.meta.url);
const DEFAULT_RUNBOOK_URL = "dashboards/RUNBOOK.md";
const NOTICE = "# Made by `npm run dashboards` from dashboards/*.ts: change those.\n";

// A bare = is no string to every reader of YAML.
const QUOTED = { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" } as const;

/** The files of dashboards/generated/ by name. */
export function generatedFiles({ runbookUrl }: { runbookUrl?: string | undefined } = {}): Record<string, string> {
  const dashboards = { ...boards({ timing: REAL_TIME }), runbook: runbookBoard(readFileSync(RUNBOOK, "utf8")) };
  const jsons = Object.entries(dashboards).map(([name, board]) => [
    `${name}.json`,
    `${JSON.stringify(board, null, 2)}\n`,
  ]);
  return {
    ...Object.fromEntries(jsons),
    "rules.yaml":
      NOTICE + rulesFile({ timing: REAL_TIME, setPeriods: SET_PERIODS, runbookUrl: runbookUrl ?? DEFAULT_RUNBOOK_URL }),
    "prometheus.yaml": NOTICE + stringify(laptopPrometheus()),
    "alertmanager-config.yaml": NOTICE + stringify(alertmanagerConfigSpec(readFileSync(ROUTES, "utf8")), QUOTED),
  };
}

// For `make run`: prometheus --config.file=dashboards/generated/prometheus.yaml
function laptopPrometheus(): object {
  return prometheusConfig({
    timing: REAL_TIME,
    ruleFile: "rules.yaml",
    alertmanager: "localhost:9093",
    targets: {
      "pulse-ingest": "localhost:8080",
      "pulse-query": "localhost:8081",
      "pulse-persist": "localhost:8082",
      "pulse-deadletter": "localhost:8083",
      "pulse-broker": "localhost:8090",
    },
  });
}
