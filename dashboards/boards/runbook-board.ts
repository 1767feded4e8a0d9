import { type Dashboard, DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder, TextMode } from "@grafana/grafana-foundation-sdk/text";
import { RUNBOOK_UID, TAG } from "../grafana/build-board.ts";

/** The runbook as a dashboard, so that the other dashboards can link to it without another server. */
export function runbookBoard(markdown: string): Dashboard {
  return new DashboardBuilder("PulseMesh: Runbook")
    .uid(RUNBOOK_UID)
    .description("What each alert means, what to look at and what to do.")
    .tags([TAG])
    .withPanel(
      new PanelBuilder()
        .title("Runbook")
        .description("The file dashboards/RUNBOOK.md.")
        .mode(TextMode.Markdown)
        .content(markdown)
        .span(24)
        .height(40),
    )
    .build();
}
