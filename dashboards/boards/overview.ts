import { HEALTHS } from "../../events/health.ts";
import { HEALTH_CODES } from "../../events/service-health.ts";
import type { Board, Row } from "../grafana/panel.ts";
import { percentiles, perSecond, perSecondBy, RANGE } from "../grafana/panel-queries.ts";
import { count, max, orZero, rate, ratio, total } from "../promql.ts";
import { unaccountedOf } from "../rules/flow-rules.ts";
import { burnLimit, FAST_BURN, INGEST_BUDGET } from "../rules/thresholds.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import { RECENT, RECENT_IN_WORDS } from "../timing.ts";
import { AS_JUDGED, CAPPED, DELIVERY_LAG, UNCOUNTED, YOUNG_ONLY } from "./shared-panels.ts";

const NOW: Row = {
  title: "Now",
  each: { kind: "figures" },
  panels: {
    "Services by health": {
      description: `How many services are in each state. ${AS_JUDGED} Retired ones do not count. ${UNCOUNTED}`,
      span: 10,
      queries: [...HEALTHS, "late" as const].map((word) => [
        orZero(count(`${RECORDED.health} == ${HEALTH_CODES[word]}`)),
        word,
      ]),
    },
    "Pulses taken": {
      description: "Pulses per second that the broker takes from pulse-ingest, and from pulse-health its own.",
      unit: "cps",
      span: 4,
      queries: [[orZero(rate(SERIES.accepted, RECENT)), "pulses/s"]],
    },
    "Failed requests": {
      description: `The share of correct requests, posts and pings, that pulse-ingest did not take (5xx, 429), without those for new services beyond the bound. The budget is ${INGEST_BUDGET * 100} %.`,
      unit: "percentunit",
      span: 5,
      limits: [INGEST_BUDGET, burnLimit(FAST_BURN)],
      queries: [[RECORDED.ingestFailureRatio(RECENT), RECENT_IN_WORDS]],
    },
    "Unaccounted in the last hour": {
      description:
        "Pulses that were accepted or replayed and are neither stored nor dead letters. These are in flight, so the number stays small. It is negative when pulses are posted straight to the broker, or when the broker's answer was lost.",
      span: 5,
      limits: [1000, 100_000],
      decimals: 0,
      queries: [[RECORDED.unaccounted, "pulses"]],
    },
  },
};

const SERVICES: Row = {
  title: "Services",
  each: { span: 12, height: 12 },
  panels: {
    "Every service": {
      kind: "table",
      description: `Click a name for the service's dashboard. Rate and p95 cover the last ${RECENT_IN_WORDS}. The services report the latency. ${YOUNG_ONLY}`,
      queries: [
        [RECORDED.health, "health", "health"],
        [`time() - ${max(SERIES.serviceHealthSince, ["service"])}`, "for", "s"],
        [`time() - ${RECORDED.lastPulse}`, "last seen", "s"],
        [RECORDED.storedRate, "pulses/s", "cps"],
        [RECORDED.latencyP95, "p95", "s"],
      ],
    },
    "Health of every service": {
      kind: "bands",
      description: `The health over time. ${AS_JUDGED}`,
      queries: [[RECORDED.health, "{{service}}"]],
    },
    "Statuses that mean no health": {
      description: `Stored pulses of ${RECENT_IN_WORDS} whose status is none of the words that PulseMesh knows, by that status. Such pulses count as unknown: they say nothing of their service, unless its \`statuses\` in PULSE_SERVICES_FILE say what they mean. "none" stands for there being none.`,
      span: 24,
      height: 6,
      queries: [
        [
          `(${total(SERIES.unknownStatuses, RECENT, ["status"])}) or on () label_replace(vector(0), "status", "none", "", "")`,
          "{{status}}",
        ],
      ],
    },
  },
};

const REQUESTS: Row = {
  title: "Requests",
  each: { span: 12 },
  panels: {
    Requests: {
      description: "Requests per second by function. A request to pulse-ingest may carry thousands of pulses.",
      unit: "reqps",
      queries: [perSecondBy("function", SERIES.requests)],
    },
    "Error ratio": {
      description: "The share of requests answered with 5xx by function. A retry may have succeeded later.",
      unit: "percentunit",
      limits: [0.01, 0.05],
      queries: [
        [
          ratio(perSecond(SERIES.failedRequests, ["function"]), perSecond(SERIES.requests, ["function"])),
          "{{function}}",
        ],
      ],
    },
    "Latency of posts": {
      description: `From a request's headers to its answer, by function. pulse-ingest answers when the broker has the pulses. ${CAPPED}`,
      unit: "s",
      queries: percentiles(SERIES.requestLatency, { by: ["function"] }),
    },
    "Latency of reads": {
      description: `From a GET's headers to pulse-query's answer, or to the first byte of a stream. It covers the page and the API. ${CAPPED}`,
      unit: "s",
      queries: percentiles(SERIES.readLatency),
    },
  },
};

const LEDGER: Row = {
  title: "Ledger",
  each: { span: 12 },
  panels: {
    "Ledger of the chosen time": {
      kind: "figures",
      description:
        "accepted + replayed = stored + dead-lettered + in flight. Each arrival at the broker counts once. Unacknowledged pulses may be at the broker too, although its answer was lost: in flight may be negative by as many. Counters of functions that started within the time count whole.",
      span: 24,
      decimals: 0,
      queries: [
        [orZero(total(SERIES.accepted, RANGE)), "accepted"],
        [orZero(total(SERIES.deadLetterPulsesReplayed, RANGE)), "replayed"],
        [orZero(total(SERIES.stored, RANGE)), "stored"],
        [orZero(total(SERIES.deadLetterPulses, RANGE)), "dead-lettered"],
        [unaccountedOf(RANGE), "in flight"],
        [orZero(total(SERIES.unacknowledged, RANGE)), "unacknowledged"],
        [orZero(total(SERIES.storedAgain, RANGE)), "delivered again"],
      ],
    },
    Flow: {
      description:
        "Pulses per second at each end. Stored follows accepted, and lies above it where pulses are posted straight to the broker. Old pulses are in it.",
      unit: "cps",
      queries: [
        [orZero(perSecond(SERIES.accepted)), "accepted"],
        [orZero(perSecond(SERIES.stored)), "stored"],
        [orZero(perSecond(SERIES.deadLetterPulses)), "dead-lettered"],
        [orZero(perSecond(SERIES.deadLetterPulsesReplayed)), "replayed"],
      ],
    },
    ...DELIVERY_LAG,
  },
};

/** Is all well, how busy is it, and does the ledger add up? */
export const OVERVIEW: Board = {
  name: "overview",
  title: "Overview",
  description: "Is every service well, does PulseMesh take and store all pulses, and does the ledger add up?",
  rows: [NOW, SERVICES, REQUESTS, LEDGER],
};
