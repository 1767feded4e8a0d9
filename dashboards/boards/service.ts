import { QueryVariableBuilder, VariableRefresh, VariableSort } from "@grafana/grafana-foundation-sdk/dashboard";
import { REPORTED_LATENCY_BUCKETS } from "../../functions/metrics/buckets.ts";
import { YOUNG_MS } from "../../functions/metrics/limits.ts";
import type { Board, Row } from "../grafana/panel.ts";
import { bucketGrowth, percentiles, perSecondBy, RANGE } from "../grafana/panel-queries.ts";
import { max, orZero, total, withLabels } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import { durationInWords, durationOf, type Timing } from "../timing.ts";
import { AS_JUDGED, UNCOUNTED, YOUNG_ONLY } from "./shared-panels.ts";

const HEALTH = ofService(RECORDED.health);
const STORED = ofService(SERIES.storedYoung);
const STORED_OLD = ofService(SERIES.storedOld);
const LATENCY = ofService(SERIES.pulseLatency);
const UP = withLabels(STORED, 'health="up"');
const FINE_SECONDS = 10;
const WIDE_BUCKETS = REPORTED_LATENCY_BUCKETS.filter((bound) => bound > FINE_SECONDS);

function ofService(selector: string): string {
  return withLabels(selector, 'service="$service"');
}

const NOW: Row = {
  title: "Now",
  each: { kind: "figures", span: 5 },
  panels: {
    Health: {
      description: AS_JUDGED,
      unit: "health",
      queries: [[HEALTH, "{{service}}"]],
    },
    "Last seen": {
      description: "The age of the newest pulse, by the time in the pulse.",
      unit: "s",
      queries: [[`time() - ${ofService(RECORDED.lastPulse)}`, "ago"]],
    },
    For: {
      description: "How long its health has been what it is, by the times of its pulses.",
      unit: "s",
      queries: [[`time() - ${max(ofService(SERIES.serviceHealthSince))}`, "so far"]],
    },
    Pulses: {
      description: `Pulses stored in the chosen time, and of these the old ones: they arrived more than ${durationInWords(YOUNG_MS / 1000)} after their time, and no other panel of this dashboard has them. Counters of functions that started within the time count whole.`,
      span: 4,
      decimals: 0,
      queries: [
        [orZero(total(ofService(SERIES.stored), RANGE)), "stored"],
        [orZero(total(STORED_OLD, RANGE)), "of these old"],
      ],
    },
    "Not up": {
      description: `The share of pulses in the chosen time that were not up. ${YOUNG_ONLY}`,
      unit: "percentunit",
      limits: [0.01, 0.1],
      queries: [[`1 - (${orZero(total(UP, RANGE))}) / ${total(STORED, RANGE)}`, "of its pulses"]],
    },
  },
};

const REPORTED_LATENCY: Row = {
  title: "Latency it reports",
  each: { unit: "s", span: 12, height: 9 },
  panels: {
    Percentiles: {
      description: `The latency that the pulses report, estimated from buckets. Above ${FINE_SECONDS} s the buckets are wide, so the estimate is rough: they end at ${WIDE_BUCKETS.map(durationInWords).join(", ")}. ${YOUNG_ONLY}`,
      queries: percentiles(LATENCY, { of: [0.5, 0.9, 0.95, 0.99] }),
    },
    "Heat map": {
      kind: "heat map",
      description: `How many pulses report which latency. Two bands are two kinds of request. ${YOUNG_ONLY}`,
      queries: [bucketGrowth(LATENCY)],
    },
  },
};

function healthAndRate(day: string): Row {
  return {
    title: "Health and rate",
    each: { span: 12 },
    panels: {
      "Status mix": {
        description: `Pulses per second by the health that their status stands for. ${YOUNG_ONLY}`,
        unit: "cps",
        stacked: true,
        queries: [perSecondBy("health", STORED)],
      },
      "Rate, and a day ago": {
        description: `Pulses per second, now and at the same time yesterday. ${YOUNG_ONLY}`,
        unit: "cps",
        queries: [
          [ofService(RECORDED.storedRate), "now"],
          [`${ofService(RECORDED.storedRate)} offset ${day}`, "a day ago"],
        ],
      },
      "Health over time": {
        kind: "bands",
        description: AS_JUDGED,
        span: 24,
        height: 4,
        queries: [[HEALTH, "{{service}}"]],
      },
    },
  };
}

/** One service: how slow, how healthy, how often, and since when. */
export function service({ daySeconds }: Timing): Board {
  return {
    name: "service",
    title: "Service",
    description: `How slow one service is, how healthy, how often it pulses, and how that compares to a day ago. ${UNCOUNTED}`,
    variables: [serviceVariable()],
    rows: [NOW, REPORTED_LATENCY, healthAndRate(durationOf(daySeconds))],
  };
}

// From the recorded series: a silent service has no counter once pulse-persist has restarted.
function serviceVariable(): QueryVariableBuilder {
  return new QueryVariableBuilder("service")
    .label("Service")
    .datasource({ type: "prometheus", uid: "$datasource" })
    .query({ query: `label_values(${RECORDED.lastPulse}, service)`, refId: "service" })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}
