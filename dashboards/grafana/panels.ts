// The kinds of panel there are, each made one way, so that a unit, a threshold and a colour mean the same everywhere.
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
import { HEALTH_CODES, HEALTH_COLORS } from "../health-codes.ts";

/** A query and the name of its curve, in which `{{label}}` is replaced. */
export type Query = readonly [expr: string, legend: string];

/** What every panel has. */
export interface PanelOptions {
  title: string;
  /** What it shows and what to think of it; it stands behind the panel's "i". */
  description: string;
  /** A Grafana unit, such as `s`, `ops`, `percentunit`. */
  unit: string;
  queries: readonly Query[];
  /** Of 24 columns. */
  span: number;
  height?: number;
  /** From this value on it is yellow, and from that one red. */
  limits?: readonly [warning: number, critical: number];
  stacked?: boolean;
  decimals?: number;
}

export const PROMETHEUS = { type: "prometheus", uid: "$datasource" };
export const LOKI = { type: "loki", uid: "$loki" };

/** Curves over time. */
export function curves(options: PanelOptions): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(PROMETHEUS)
    .unit(options.unit)
    .span(options.span)
    .height(options.height ?? 8)
    .min(0)
    .lineWidth(1)
    .fillOpacity(options.stacked ? 40 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .targets(options.queries.map(([expr, legend], i) => target(expr, legend, i).range()));
  if (options.stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  if (options.limits) {
    panel
      .thresholds(limits(options.limits))
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  return panel;
}

/** One number each. */
export function figures(options: PanelOptions): stat.PanelBuilder {
  const panel = new stat.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(PROMETHEUS)
    .unit(options.unit)
    .span(options.span)
    .height(options.height ?? 4)
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(options.limits ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .thresholds(limits(options.limits))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .targets(options.queries.map(([expr, legend], i) => target(expr, legend, i).instant()));
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  return panel;
}

/** Health as one coloured word each. */
export function healthFigure(options: Omit<PanelOptions, "unit">): stat.PanelBuilder {
  return figures({ ...options, unit: "none" })
    .mappings([healthMapping()])
    .colorMode(common.BigValueColorMode.Background);
}

/** Health over time, a band for each series. */
export function healthBands(options: Omit<PanelOptions, "unit">): statetimeline.PanelBuilder {
  return new statetimeline.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(PROMETHEUS)
    .span(options.span)
    .height(options.height ?? 8)
    .mappings([healthMapping()])
    .showValue(common.VisibilityMode.Never)
    .mergeValues(true)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .targets(options.queries.map(([expr, legend], i) => target(expr, legend, i).range()));
}

/** How often which value, over time; the query gives a histogram's buckets. */
export function heat(options: Omit<PanelOptions, "queries"> & { query: string }): heatmap.PanelBuilder {
  return new heatmap.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(PROMETHEUS)
    .span(options.span)
    .height(options.height ?? 8)
    .calculate(false)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(options.unit))
    .color(new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme("Spectral").steps(64))
    .cellGap(1)
    .targets([target(options.query, "{{le}}", 0).range().format(prometheus.PromQueryFormat.Heatmap)]);
}

/** A row for each service, a column for each query. */
export function serviceTable(
  options: Omit<PanelOptions, "unit" | "queries"> & {
    columns: readonly { expr: string; name: string; unit: string; isHealth?: boolean }[];
  },
): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(PROMETHEUS)
    .span(options.span)
    .height(options.height ?? 10)
    .targets(
      options.columns.map(({ expr, name }, i) =>
        target(expr, name, i).instant().format(prometheus.PromQueryFormat.Table),
      ),
    )
    .withTransformation({ id: "joinByField", options: { byField: "service", mode: "outer" } })
    .withTransformation({ id: "filterFieldsByName", options: { include: { pattern: "^service$|^Value.*" } } })
    .overrideByName("service", [
      {
        id: "links",
        value: [
          {
            title: "Its own dashboard",
            // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
            url: "/d/pulsemesh-service?var-service=${__value.text:percentencode}",
          },
        ],
      },
    ]);
  options.columns.forEach(({ name, unit, isHealth }, i) => {
    panel.overrideByName(`Value #${refId(i)}`, [
      { id: "displayName", value: name },
      { id: "unit", value: unit },
      ...(isHealth
        ? [
            { id: "mappings", value: [healthMapping()] },
            { id: "custom.cellOptions", value: { type: "color-background" } },
          ]
        : []),
    ]);
  });
  return panel;
}

/** Log lines, newest first. */
export function logLines(
  options: Pick<PanelOptions, "title" | "description" | "span" | "height"> & { query: string },
): logs.PanelBuilder {
  return new logs.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(LOKI)
    .span(options.span)
    .height(options.height ?? 12)
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(common.LogsSortOrder.Descending)
    .targets([new loki.DataqueryBuilder().datasource(LOKI).expr(options.query).queryType("range").refId("A")]);
}

/** Curves that are counted from log lines. */
export function logCurves(options: PanelOptions): timeseries.PanelBuilder {
  return curves({ ...options, queries: [] })
    .datasource(LOKI)
    .targets(
      options.queries.map(([expr, legend], i) =>
        new loki.DataqueryBuilder().datasource(LOKI).expr(expr).legendFormat(legend).queryType("range").refId(refId(i)),
      ),
    );
}

function target(expr: string, legend: string, i: number): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder().datasource(PROMETHEUS).expr(expr).legendFormat(legend).refId(refId(i));
}

function refId(i: number): string {
  return String.fromCharCode(65 + i);
}

function limits(values: readonly [warning: number, critical: number] | undefined): dashboard.ThresholdsConfigBuilder {
  const steps = [{ value: null, color: "green" }];
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(
      values === undefined
        ? steps
        : [...steps, { value: values[0], color: "yellow" }, { value: values[1], color: "red" }],
    );
}

function healthMapping(): dashboard.ValueMap {
  const options = Object.entries(HEALTH_CODES).map(([word, code]) => {
    return [
      String(code),
      { text: word, color: HEALTH_COLORS[word as keyof typeof HEALTH_COLORS], index: code },
    ] as const;
  });
  return { type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) };
}
