import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { buildPanel } from "./build-panel.ts";
import type { Board } from "./panel.ts";

export const RUNBOOK_UID = "pulsemesh-runbook";
export const TAG = "pulsemesh";

/** A dashboard in Grafana's v1 JSON, linked with the others and the runbook. */
export function buildBoard({ name, title, description, source, variables = [], rows }: Board): dashboard.Dashboard {
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
    )
    .withVariable(
      source === "loki"
        ? new dashboard.DatasourceVariableBuilder("loki").label("Loki").type("loki")
        : new dashboard.DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"),
    );
  for (const variable of variables) builder.withVariable(variable);
  for (const { title: rowTitle, collapsed = false, each, panels } of rows) {
    const row = new dashboard.RowBuilder(rowTitle).collapsed(collapsed);
    const built = Object.entries(panels).map(([panelTitle, panel]) =>
      buildPanel({ title: panelTitle, ...each, ...panel }),
    );
    // A closed row holds its panels. Those of an open row follow it.
    if (collapsed) for (const panel of built) row.withPanel(panel);
    builder.withRow(row);
    if (!collapsed) for (const panel of built) builder.withPanel(panel);
  }
  return builder.build();
}
