import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { FUNCTIONS } from "../../settings/function-settings.ts";
import type { Board, Row } from "../grafana/panel.ts";

// A function writes one JSON object a line with pino's levels: 30 info, 40 warn, 50 error, 60 fatal.
const STREAM = '{namespace="$namespace", container="user-container"}';
const PARSED = '| json | __error__="" | function=~"$function"';
const LINES = `${STREAM} ${PARSED}`;
const WARNINGS = `${LINES} | level >= 40`;
const REFUSALS = `${LINES} | msg="request refused"`;

const AMOUNT: Row = {
  title: "How much, how bad",
  each: { kind: "log curves", unit: "ops", span: 12, stacked: true },
  panels: {
    "Lines by level": {
      description: "Lines per second: 30 is info, 40 warn, 50 error, 60 fatal.",
      queries: [[linesPerSecond(LINES, "level"), "{{level}}"]],
    },
    "Warnings and errors by function": {
      description:
        "Lines per second from warn on. Lines that rise with the load are refusals. Lines that rise without it are faults.",
      queries: [[linesPerSecond(WARNINGS, "function"), "{{function}}"]],
    },
  },
};

const REFUSED: Row = {
  title: "Refused requests",
  each: { span: 12 },
  panels: {
    "Refusals by reason": {
      kind: "log curves",
      description:
        "Lines per second. A process limits its lines per second and sums up the other refusals in one line. `pulsemesh_requests_total` has the answers by status.",
      unit: "ops",
      stacked: true,
      queries: [[linesPerSecond(REFUSALS, "function, status, reason"), "{{function}} {{status}} {{reason}}"]],
    },
    "Refused requests": {
      kind: "log lines",
      description: "Why each request was refused, and its trace. A line never holds what the request carried.",
      height: 8,
      queries: [
        [
          `${REFUSALS} | line_format "{{.function}} {{.status}} {{.reason}}: {{.detail}} {{.method}} {{.path}} {{.traceparent}}"`,
        ],
      ],
    },
  },
};

const ALL: Row = {
  title: "Lines",
  each: { kind: "log lines", span: 24 },
  panels: {
    "Warnings and errors": {
      description: "Newest first. Open a line to see its fields.",
      height: 10,
      queries: [[`${WARNINGS} | line_format "{{.function}}: {{.msg}} {{.reason}} {{.detail}}"`]],
    },
    "All lines that contain the text": {
      description: "Follow one event by its id or traceparent from function to function.",
      height: 14,
      queries: [[`${STREAM} |= "$search" ${PARSED} | line_format "{{.function}}: {{.msg}}"`]],
    },
  },
};

/** What the functions log, in Loki. */
export const LOGS: Board = {
  name: "logs",
  title: "Logs",
  description:
    "What the functions log: one line for each refusal or failure, with the event's id and traceparent. They never log what a request carries.",
  source: "loki",
  variables: [
    new dashboard.QueryVariableBuilder("namespace")
      .label("Namespace")
      .datasource({ type: "loki", uid: "$loki" })
      .query({ type: 1, label: "namespace", stream: '{container="user-container"}', refId: "namespace" })
      .refresh(dashboard.VariableRefresh.OnDashboardLoad),
    new dashboard.CustomVariableBuilder("function")
      .label("Function")
      .values(FUNCTIONS.join(","))
      .multi(true)
      .includeAll(true)
      .allValue(".+"),
    new dashboard.TextBoxVariableBuilder("search").label("Contains (an event's id, a traceparent)").defaultValue(""),
  ],
  rows: [AMOUNT, REFUSED, ALL],
};

function linesPerSecond(query: string, by: string): string {
  return `sum by (${by}) (rate(${query} [$__auto]))`;
}
