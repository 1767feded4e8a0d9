import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { buildBoard, lokiVariable } from "../grafana/board.ts";
import { logCurves, logLines } from "../grafana/panels.ts";
import { JOBS } from "../selectors.ts";

// A function writes one JSON object a line (pino): `level` is a number, 30 info, 40 warn, 50 error, 60 fatal.
const STREAM = '{namespace="$namespace", container="user-container"}';
const LINES = `${STREAM} | json | __error__="" | function=~"$function"`;
const WARNINGS = `${LINES} | level >= 40`;
const REFUSALS = `${LINES} | msg="request refused"`;

/** What the functions say, in Loki. */
export function logs(): dashboard.Dashboard {
  return buildBoard({
    name: "logs",
    title: "Logs",
    description:
      "What the functions say: one line for each refused or failed thing, with the event's id and traceparent. Payloads are never logged.",
    variables: [
      lokiVariable(),
      namespaceVariable(),
      functionVariable(),
      new dashboard.TextBoxVariableBuilder("search").label("Contains (an event's id, a traceparent)").defaultValue(""),
    ],
    rows: [
      {
        title: "How much, how bad",
        panels: [
          logCurves({
            title: "Lines by level",
            description: "Lines a second: 30 is info, 40 warn, 50 error, 60 fatal.",
            unit: "ops",
            span: 12,
            stacked: true,
            queries: [[`sum by (level) (rate(${LINES} [$__auto]))`, "{{level}}"]],
          }),
          logCurves({
            title: "Warnings and errors by function",
            description:
              "Lines a second from warn on. One that rises with the load is a refusal; one that rises without it is a fault.",
            unit: "ops",
            span: 12,
            stacked: true,
            queries: [[`sum by (function) (rate(${WARNINGS} [$__auto]))`, "{{function}}"]],
          }),
        ],
      },
      {
        title: "Refused requests",
        panels: [
          logCurves({
            title: "Refusals by reason",
            description:
              "Lines a second. A process writes at most ten of them a second; what is beyond is summed up in a line of its own, and counted whole in Pipeline.",
            unit: "ops",
            span: 12,
            stacked: true,
            queries: [
              [`sum by (function, status, reason) (rate(${REFUSALS} [$__auto]))`, "{{function}} {{status}} {{reason}}"],
            ],
          }),
          logLines({
            title: "Refused requests",
            description: "Why, and which request by its trace; never what it carried.",
            span: 12,
            height: 8,
            query: `${REFUSALS} | line_format "{{.function}} {{.status}} {{.reason}}: {{.detail}} {{.method}} {{.path}} {{.traceparent}}"`,
          }),
        ],
      },
      {
        title: "Lines",
        panels: [
          logLines({
            title: "Warnings and errors",
            description: "Newest first. The fields of a line are in its details.",
            span: 24,
            height: 10,
            query: `${WARNINGS} | line_format "{{.function}}: {{.msg}} {{.reason}} {{.detail}}"`,
          }),
          logLines({
            title: "All lines that contain the text",
            description: "Follow one event by its id or traceparent from function to function.",
            span: 24,
            height: 14,
            query: `${STREAM} |= "$search" | json | __error__="" | function=~"$function" | line_format "{{.function}}: {{.msg}}"`,
          }),
        ],
      },
    ],
  });
}

function namespaceVariable(): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder("namespace")
    .label("Namespace")
    .datasource({ type: "loki", uid: "$loki" })
    .query({ type: 1, label: "namespace", stream: '{container="user-container"}', refId: "namespace" })
    .refresh(dashboard.VariableRefresh.OnDashboardLoad);
}

function functionVariable(): dashboard.CustomVariableBuilder {
  return new dashboard.CustomVariableBuilder("function")
    .label("Function")
    .values(JOBS.join(","))
    .multi(true)
    .includeAll(true)
    .allValue(".+");
}
