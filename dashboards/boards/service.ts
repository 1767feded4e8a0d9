import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { METRICS } from "../../functions/metrics/names.ts";
import { type BoardOptions, buildBoard, labelVariable, prometheusVariable } from "../grafana/board.ts";
import { curves, figures, healthBands, healthFigure, heat, type Query } from "../grafana/panels.ts";
import { orZero, part, quantile, rate, total, withLabels } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import { durationOf } from "../timing.ts";

const WINDOW = "$__rate_interval";
const SERVICE = 'service="$service"';

/** One service: how slow, how well, how often, and since when. */
export function service({ timing }: BoardOptions): Dashboard {
  const of = (selector: string) => withLabels(selector, SERVICE);
  const day = durationOf(timing.daySeconds);
  return buildBoard({
    name: "service",
    title: "Service",
    description:
      "What one service says of itself: how slow it is, how well, how often it pulses, and against a day ago.",
    variables: [prometheusVariable(), labelVariable("service", "Service", `label_values(${METRICS.stored}, service)`)],
    rows: [
      {
        title: "Now",
        panels: [
          healthFigure({
            title: "Health",
            description:
              "By its newest pulse; late when it has been silent for more than three of its usual periods and a minute.",
            span: 5,
            queries: [[of(RECORDED.health), "{{service}}"]],
          }),
          figures({
            title: "Last seen",
            description: "The age of its newest pulse, by the time the pulse itself gives.",
            unit: "s",
            span: 5,
            queries: [[`time() - ${of(RECORDED.lastPulse)}`, "ago"]],
          }),
          figures({
            title: "Late after",
            description:
              "The silence after which it counts as late: three usual periods, learnt from its newest gaps or set, and a minute.",
            unit: "s",
            span: 5,
            queries: [[of(RECORDED.lateAfter), "of silence"]],
          }),
          figures({
            title: "Pulses",
            description:
              "Pulses that were stored in the chosen time, those of functions that have just started counted whole.",
            unit: "short",
            span: 4,
            decimals: 0,
            queries: [[orZero(total(of(SERIES.stored), "$__range")), "stored"]],
          }),
          figures({
            title: "Not up",
            description: "The share of its pulses in the chosen time that were not up.",
            unit: "percentunit",
            span: 5,
            limits: [0.01, 0.1],
            queries: [
              [
                `1 - (${orZero(total(withLabels(of(SERIES.stored), 'health="up"'), "$__range"))}) / ${total(of(SERIES.stored), "$__range")}`,
                "of its pulses",
              ],
            ],
          }),
        ],
      },
      {
        title: "Latency it reports",
        panels: [
          curves({
            title: "Percentiles",
            description:
              "Of the latency in its pulses, estimated from buckets: exact to the bucket, not to the millisecond.",
            unit: "s",
            span: 12,
            height: 9,
            queries: [0.5, 0.9, 0.95, 0.99].map(
              (q): Query => [quantile(q, of(SERIES.pulseLatency), WINDOW), `p${q * 100}`],
            ),
          }),
          heat({
            title: "Heat map",
            description: "How many of its pulses reported which latency. Two bands are two kinds of request.",
            unit: "s",
            span: 12,
            height: 9,
            query: `sum by (le) (increase(${part(of(SERIES.pulseLatency), "bucket")}[${WINDOW}]))`,
          }),
        ],
      },
      {
        title: "Health and rate",
        panels: [
          curves({
            title: "Status mix",
            description: "Its pulses a second by the health that their status stands for.",
            unit: "cps",
            span: 12,
            stacked: true,
            queries: [[rate(of(SERIES.stored), WINDOW, ["health"]), "{{health}}"]],
          }),
          curves({
            title: "Rate, and a day ago",
            description:
              "Its pulses a second beside the same hour of yesterday. A day without data shows today's curve alone.",
            unit: "cps",
            span: 12,
            queries: [
              [of(RECORDED.storedRate), "now"],
              [`${of(RECORDED.storedRate)} offset ${day}`, "a day ago"],
            ],
          }),
          healthBands({
            title: "Health over time",
            description: "The newest pulse's health; purple is late.",
            span: 24,
            height: 4,
            queries: [[of(RECORDED.health), "{{service}}"]],
          }),
        ],
      },
    ],
  });
}
