// Makes Grafana's JSON of each kind of panel in one way, so that units, limits and colours look alike everywhere.
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import * as logs from "@grafana/grafana-foundation-sdk/logs";
import * as loki from "@grafana/grafana-foundation-sdk/loki";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type { ServiceHealth } from "../../events/service-health.ts";
import { HEALTH_CODES } from "../../events/service-health.ts";
import { HEALTH_COLORS } from "../health-colors.ts";
import type { Panel, PanelKind } from "./panel.ts";

const PROMETHEUS = { type: "prometheus", uid: "$datasource" };
const LOKI = { type: "loki", uid: "$loki" };

const KINDS: Readonly<Record<PanelKind, (panel: TitledPanel) => Builder<dashboard.Panel>>> = {
  curves: (panel) => curves(panel).targets(targets(panel, (target) => target.range())),
  figures,
  bands,
  "heat map": heatMap,
  table: serviceTable,
  "log curves": (panel) => curves(panel).datasource(LOKI).targets(logTargets(panel)),
  "log lines": logLines,
};

export interface TitledPanel extends Panel {
  title: string;
}

export function buildPanel(panel: TitledPanel): Builder<dashboard.Panel> {
  return KINDS[panel.kind ?? "curves"](panel);
}

/** What the builders of all kinds of panel have. */
interface FrameBuilder {
  title(title: string): this;
  description(description: string): this;
  datasource(source: common.DataSourceRef): this;
  unit(unit: string): this;
  span(columns: number): this;
  height(rows: number): this;
}

function frame<B extends FrameBuilder>(builder: B, panel: TitledPanel, rows: number, unit?: string): B {
  builder.title(panel.title).description(panel.description).datasource(PROMETHEUS);
  if (unit !== undefined) builder.unit(unit);
  return builder.span(panel.span ?? 8).height(panel.height ?? rows);
}

function curves(panel: TitledPanel): timeseries.PanelBuilder {
  const { unit = "short", limits, stacked } = panel;
  const builder = frame(new timeseries.PanelBuilder(), panel, 8, unit)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(legend())
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (stacked) builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  if (limits) {
    builder
      .thresholds(thresholds(limits))
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  return builder;
}

/** One number for each query. */
function figures(panel: TitledPanel): stat.PanelBuilder {
  const { unit = "short", limits, decimals } = panel;
  const isHealth = unit === "health";
  const builder = frame(new stat.PanelBuilder(), panel, 4, grafanaUnit(unit))
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(limits || isHealth ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .thresholds(thresholds(limits))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .targets(targets(panel, (target) => target.instant()));
  if (decimals !== undefined) builder.decimals(decimals);
  if (isHealth) builder.mappings([healthMapping()]);
  return builder;
}

/** Health over time, a band for each series. */
function bands(panel: TitledPanel): statetimeline.PanelBuilder {
  return frame(new statetimeline.PanelBuilder(), panel, 8)
    .mappings([healthMapping()])
    .showValue(common.VisibilityMode.Never)
    .mergeValues(true)
    .legend(legend())
    .targets(targets(panel, (target) => target.range()));
}

/** How often each value occurs over time. The query gives a histogram's buckets. */
function heatMap(panel: TitledPanel): heatmap.PanelBuilder {
  return frame(new heatmap.PanelBuilder(), panel, 8)
    .calculate(false)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(panel.unit ?? "short"))
    .color(new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme("Spectral").steps(64))
    .cellGap(1)
    .targets(targets(panel, (target) => target.range().format(prometheus.PromQueryFormat.Heatmap)));
}

/** A line for each service, a column for each query. */
function serviceTable(panel: TitledPanel): table.PanelBuilder {
  const builder = frame(new table.PanelBuilder(), panel, 10)
    .targets(targets(panel, (target) => target.instant().format(prometheus.PromQueryFormat.Table)))
    .withTransformation({ id: "joinByField", options: { byField: "service", mode: "outer" } })
    .withTransformation({ id: "filterFieldsByName", options: { include: { pattern: "^service$|^Value.*" } } })
    .overrideByName("service", [
      {
        id: "links",
        value: [
          {
            title: "The service's dashboard",
            // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
            url: "/d/pulsemesh-service?var-service=${__value.text:percentencode}",
          },
        ],
      },
    ]);
  for (const [i, [, name, unit = "short"]] of panel.queries.entries()) {
    const words = [
      { id: "mappings", value: [healthMapping()] },
      { id: "custom.cellOptions", value: { type: "color-background" } },
    ];
    builder.overrideByName(`Value #${refId(i)}`, [
      { id: "displayName", value: name },
      { id: "unit", value: grafanaUnit(unit) },
      ...(unit === "health" ? words : []),
    ]);
  }
  return builder;
}

/** Log lines, newest first. */
function logLines(panel: TitledPanel): logs.PanelBuilder {
  return frame(new logs.PanelBuilder(), panel, 12)
    .datasource(LOKI)
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(common.LogsSortOrder.Descending)
    .targets(logTargets(panel));
}

function targets<T>({ queries }: TitledPanel, finish: (target: prometheus.DataqueryBuilder) => T): T[] {
  return queries.map(([expr, legend = ""], i) =>
    finish(new prometheus.DataqueryBuilder().datasource(PROMETHEUS).expr(expr).legendFormat(legend).refId(refId(i))),
  );
}

function logTargets({ queries }: TitledPanel): loki.DataqueryBuilder[] {
  return queries.map(([expr, legend], i) => {
    const target = new loki.DataqueryBuilder().datasource(LOKI).expr(expr);
    if (legend !== undefined) target.legendFormat(legend);
    return target.queryType("range").refId(refId(i));
  });
}

function refId(i: number): string {
  return String.fromCharCode(65 + i);
}

function grafanaUnit(unit: string): string {
  return unit === "health" ? "none" : unit;
}

function legend(): common.VizLegendOptionsBuilder {
  return new common.VizLegendOptionsBuilder()
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([]);
}

function thresholds(limits: Panel["limits"]): dashboard.ThresholdsConfigBuilder {
  const steps: dashboard.Threshold[] = [{ value: null, color: "green" }];
  if (limits) steps.push({ value: limits[0], color: "yellow" }, { value: limits[1], color: "red" });
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps);
}

function healthMapping(): dashboard.ValueMap {
  const words = Object.keys(HEALTH_CODES) as ServiceHealth[];
  const options = words.map((text) => {
    const index = HEALTH_CODES[text];
    return [String(index), { text, color: HEALTH_COLORS[text], index }];
  });
  return { type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) };
}
