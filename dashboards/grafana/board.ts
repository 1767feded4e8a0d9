import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type { Timing } from "../timing.ts";

/** What a dashboard is made from. */
export interface Board {
  /** `pulsemesh-<name>`; links use it. */
  name: string;
  title: string;
  description: string;
  variables?: readonly Parameters<dashboard.DashboardBuilder["withVariable"]>[0][];
  rows: readonly Row[];
}

/** A row of panels under a heading. */
export interface Row {
  title: string;
  /** Closed until it is asked for: what only some installations have. */
  collapsed?: boolean;
  panels: readonly Panel[];
}

export type Panel = Parameters<dashboard.DashboardBuilder["withPanel"]>[0];

/** What dashboards are made for. */
export interface BoardOptions {
  timing: Timing;
}

export const RUNBOOK_UID = "pulsemesh-runbook";
const TAG = "pulsemesh";

/** A dashboard in Grafana's v1 JSON, linked with the others and the runbook. */
export function buildBoard({ name, title, description, variables = [], rows }: Board): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(`PulseMesh: ${title}`)
    .uid(`pulsemesh-${name}`)
    .description(description)
    .tags([TAG])
    .timezone("browser")
    .refresh("10s")
    .time({ from: "now-1h", to: "now" })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder("PulseMesh")
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([TAG])
        .keepTime(true)
        .includeVars(true),
    )
    .link(
      new dashboard.DashboardLinkBuilder("Runbook")
        .type(dashboard.DashboardLinkType.Link)
        .icon("doc")
        .url(`/d/${RUNBOOK_UID}`),
    );
  for (const variable of variables) builder.withVariable(variable);
  for (const { title: rowTitle, collapsed = false, panels } of rows) {
    const row = new dashboard.RowBuilder(rowTitle);
    // A closed row holds its panels itself; those of an open one follow it.
    if (collapsed) for (const panel of panels) row.withPanel(panel);
    builder.withRow(row.collapsed(collapsed));
    if (!collapsed) for (const panel of panels) builder.withPanel(panel);
  }
  return builder.build();
}

/** Which Prometheus. */
export function prometheusVariable(): dashboard.DatasourceVariableBuilder {
  return new dashboard.DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus");
}

/** Which Loki. */
export function lokiVariable(): dashboard.DatasourceVariableBuilder {
  return new dashboard.DatasourceVariableBuilder("loki").label("Loki").type("loki");
}

/** A choice among the values of a label. */
export function labelVariable(name: string, label: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource({ type: "prometheus", uid: "$datasource" })
    .query({ query, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
}
