import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { HEALTHS } from "../../events/health.ts";
import { half, percentiles } from "../curve-layouts.ts";
import { buildBoard, type Panel, prometheusVariable } from "../grafana/board.ts";
import { figures, healthBands, type Query, serviceTable } from "../grafana/panels.ts";
import { HEALTH_CODES } from "../health-codes.ts";
import { orZero, quantile, rate, ratio, total } from "../promql.ts";
import { unaccountedOf } from "../rules/flow-rules.ts";
import { RECORDED, SERIES } from "../selectors.ts";

const WINDOW = "$__rate_interval";
const QUANTILES = [0.5, 0.9, 0.99] as const;

/** Is all well, how busy is it, and does the ledger add up? */
export function overview(): Dashboard {
  return buildBoard({
    name: "overview",
    title: "Overview",
    description:
      "Is every service of the fleet well, does PulseMesh take and store what they send, and does the ledger add up?",
    variables: [prometheusVariable()],
    rows: [
      { title: "Now", panels: now() },
      { title: "Services", panels: services() },
      { title: "Requests", panels: requests() },
      { title: "Ledger", panels: ledger() },
    ],
  });
}

function now(): Panel[] {
  const words = [...HEALTHS, "late"] as const;
  return [
    figures({
      title: "Services by health",
      description:
        "How many services are in each state: by their newest pulse, or late when they have been silent for more than three of their usual periods.",
      unit: "short",
      span: 10,
      queries: words.map((word): Query => [orZero(`count(${RECORDED.health} == ${HEALTH_CODES[word]})`), word]),
    }),
    figures({
      title: "Pulses taken",
      description: "Pulses a second that the broker has taken from pulse-ingest.",
      unit: "cps",
      span: 4,
      queries: [[orZero(rate(SERIES.accepted, "5m")), "pulses/s"]],
    }),
    figures({
      title: "Failed posts",
      description:
        "The share of posts that pulse-ingest did not take for reasons of ours (5xx, 429). The budget is one in a thousand.",
      unit: "percentunit",
      span: 5,
      limits: [0.001, 0.0144],
      queries: [[RECORDED.ingestFailureRatio("5m"), "5 minutes"]],
    }),
    figures({
      title: "Unaccounted in the last hour",
      description:
        "Accepted and replayed, but neither stored nor dead letters: what is in flight, so it stays small. Below zero: pulses that were posted straight to the broker, or that it took without our hearing of it.",
      unit: "short",
      span: 5,
      limits: [1000, 100_000],
      decimals: 0,
      queries: [[RECORDED.unaccounted, "pulses"]],
    }),
  ];
}

function services(): Panel[] {
  return [
    serviceTable({
      title: "Every service",
      description:
        "Click a name for its own dashboard. Rate and p95 are of the last five minutes; the latency is what the service reports.",
      span: 12,
      height: 12,
      columns: [
        { expr: RECORDED.health, name: "health", unit: "none", isHealth: true },
        { expr: `time() - ${RECORDED.lastPulse}`, name: "last seen", unit: "s" },
        { expr: RECORDED.usualPeriod, name: "usual period", unit: "s" },
        { expr: RECORDED.storedRate, name: "pulses/s", unit: "cps" },
        { expr: RECORDED.latencyP95, name: "p95", unit: "s" },
      ],
    }),
    healthBands({
      title: "Health of every service",
      description: "The newest pulse's health over time; purple is late.",
      span: 12,
      height: 12,
      queries: [[RECORDED.health, "{{service}}"]],
    }),
  ];
}

function requests(): Panel[] {
  return [
    half({
      title: "Requests",
      description: "Requests a second by function. A request to pulse-ingest may carry thousands of pulses.",
      unit: "reqps",
      queries: [[rate(SERIES.requests, WINDOW, ["function"]), "{{function}}"]],
    }),
    half({
      title: "Error ratio",
      description: "The share of requests answered with 5xx, by function. A retry may have made good for it.",
      unit: "percentunit",
      limits: [0.01, 0.05],
      queries: [
        [
          ratio(rate(SERIES.failedRequests, WINDOW, ["function"]), rate(SERIES.requests, WINDOW, ["function"])),
          "{{function}}",
        ],
      ],
    }),
    half({
      title: "Latency of posts",
      description:
        "From a request's headers to its answer, all functions that take posts. pulse-ingest answers once the broker has the pulses.",
      unit: "s",
      queries: QUANTILES.map(
        (q): Query => [quantile(q, SERIES.requestLatency, WINDOW, ["function"]), `{{function}} p${q * 100}`],
      ),
    }),
    half({
      title: "Latency of reads",
      description:
        "From a GET's headers to pulse-query's answer, a stream's to its beginning: the page, the API, and Prometheus' own scrapes.",
      unit: "s",
      queries: percentiles(SERIES.readLatency),
    }),
  ];
}

function ledger(): Panel[] {
  const range = "$__range";
  return [
    figures({
      title: "Ledger of the chosen time",
      description:
        "accepted + replayed = stored + dead-lettered + in flight, each arrival at the broker counted once. Unacknowledged: the broker may have them besides, for its answer was lost; by so much in flight may be below zero. Counters of functions that started within the time are counted whole.",
      unit: "short",
      span: 24,
      decimals: 0,
      queries: [
        [orZero(total(SERIES.accepted, range)), "accepted"],
        [orZero(total(SERIES.deadLetterPulsesReplayed, range)), "replayed"],
        [orZero(total(SERIES.stored, range)), "stored"],
        [orZero(total(SERIES.deadLetterPulses, range)), "dead-lettered"],
        [unaccountedOf(range), "in flight"],
        [orZero(total(SERIES.unacknowledged, range)), "unacknowledged"],
        [orZero(total(SERIES.storedAgain, range)), "delivered again"],
      ],
    }),
    half({
      title: "Flow",
      description:
        "Pulses a second at each end. Stored follows accepted, and lies above it where pulses are posted straight to the broker.",
      unit: "cps",
      queries: [
        [orZero(rate(SERIES.accepted, WINDOW)), "accepted"],
        [orZero(rate(SERIES.stored, WINDOW)), "stored"],
        [orZero(rate(SERIES.deadLetterPulses, WINDOW)), "dead-lettered"],
        [orZero(rate(SERIES.deadLetterPulsesReplayed, WINDOW)), "replayed"],
      ],
    }),
    half({
      title: "Delivery lag",
      description: "From the broker's acceptance of an event to its pulses being stored.",
      unit: "s",
      limits: [1, 5],
      queries: percentiles(SERIES.deliveryLag),
    }),
  ];
}
