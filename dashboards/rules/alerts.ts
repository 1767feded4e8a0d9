import { HEALTH_CODES } from "../health-codes.ts";
import { orZero, part, quantile, rate, ratio, total } from "../promql.ts";
import { CLUSTER_SERIES, RECORDED, SERIES } from "../selectors.ts";
import type { BURN_WINDOWS } from "./flow-rules.ts";
import type { AlertingRule, RuleOptions, Severity } from "./rule.ts";

/** Of a thousand posts, one may fail. */
const BUDGET = 0.001;
/** Seconds from accepted to stored that a user does not notice. */
const MAX_LAG_SECONDS = 5;
const MAX_STORE_FAILURES = 0.05;
/** Counters of two processes are read at different moments, and a killed one takes what was not read with it. */
const MAX_UNACCOUNTED = 0.01;
const MIN_RESTARTS = 3;

interface Alert {
  name: string;
  severity: Severity;
  expr: string;
  /** In production; the timing decides. */
  holdSeconds: number;
  summary: string;
  description: string;
}

/** Every alert. Its heading in the runbook is its name. */
export function alertingRules(options: RuleOptions): AlertingRule[] {
  return [...serviceAlerts(), ...flowAlerts(options), ...partAlerts(options)].map((alert) => ({
    alert: alert.name,
    expr: alert.expr,
    for: options.timing.hold(alert.holdSeconds),
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      runbook_url: `${options.runbookUrl}#${alert.name.toLowerCase()}`,
    },
  }));
}

function serviceAlerts(): Alert[] {
  return [
    {
      name: "PulseServiceStopped",
      severity: "critical",
      expr: `time() - ${RECORDED.lastPulse} > ${RECORDED.lateAfter}`,
      holdSeconds: 60,
      summary: "{{ $labels.service }} has gone silent: nobody knows whether it works.",
      description: "Its newest pulse is {{ $value | humanizeDuration }} old, more than three of its usual periods.",
    },
    {
      name: "PulseServiceDown",
      severity: "critical",
      expr: `${RECORDED.health} == ${HEALTH_CODES.down}`,
      holdSeconds: 120,
      summary: "{{ $labels.service }} is down: whoever uses it gets errors.",
      description: "Its newest pulse has reported it as down for two minutes.",
    },
    {
      name: "PulseServiceDegraded",
      severity: "warning",
      expr: `${RECORDED.health} == ${HEALTH_CODES.degraded}`,
      holdSeconds: 300,
      summary: "{{ $labels.service }} is degraded: whoever uses it waits, or gets part of what they asked for.",
      description: "Its newest pulse has reported it as degraded for five minutes.",
    },
  ];
}

function flowAlerts({ timing }: RuleOptions): Alert[] {
  const scrapesPulses = `${timing.scrapeSeconds * 3} * (${orZero(rate(SERIES.accepted, timing.window(300)))})`;
  return [
    {
      name: "PulseIngestBurnsFast",
      severity: "critical",
      expr: `${burn("1h", "5m", 14.4)} or ${burn("6h", "30m", 6)}`,
      holdSeconds: 120,
      summary: "Services cannot hand in their pulses: what they send is refused for reasons of ours.",
      description: "{{ $value | humanizePercentage }} of posts failed; at this pace a month's budget is gone in days.",
    },
    {
      name: "PulseIngestBurnsSlowly",
      severity: "warning",
      expr: burn("1d", "2h", 3),
      holdSeconds: 900,
      summary: "Some services have to send their pulses again and again until they are taken.",
      description: "{{ $value | humanizePercentage }} of the day's posts failed; the month's budget will not last.",
    },
    {
      name: "PulseDeliveryLag",
      severity: "warning",
      expr: `${quantile(0.95, SERIES.deliveryLag, timing.window(300))} > ${MAX_LAG_SECONDS}`,
      holdSeconds: 600,
      summary: "Every service's health is shown late: accepted pulses take long to be stored.",
      description: "One in twenty events takes more than {{ $value | humanizeDuration }} from accepted to stored.",
    },
    {
      name: "PulseDeadLettersGrow",
      severity: "warning",
      expr: `${total(SERIES.deadLetters, timing.window(900), ["reason"])} > 0`,
      holdSeconds: 0,
      summary: "Accepted pulses are missing from what is shown, until their dead letters are replayed.",
      description:
        "{{ $value | humanize }} events ended as dead letters in a quarter of an hour ({{ $labels.reason }}).",
    },
    {
      name: "PulseLedgerMismatch",
      severity: "critical",
      expr:
        `(${RECORDED.unaccounted} > ${MAX_UNACCOUNTED} * ${RECORDED.accepted} + ${scrapesPulses})` +
        ` or (${total(SERIES.brokerDropped, timing.window(3600))} > 0)`,
      holdSeconds: 900,
      summary: "Pulses that were accepted are nowhere: neither stored nor dead letters.",
      description: "{{ $value | humanize }} are unaccounted for in the last hour.",
    },
  ];
}

function burn(long: keyof typeof BURN_WINDOWS, short: keyof typeof BURN_WINDOWS, factor: number): string {
  const limit = Number((factor * BUDGET).toPrecision(6));
  return `(${RECORDED.ingestFailureRatio(long)} > ${limit} and ${RECORDED.ingestFailureRatio(short)} > ${limit})`;
}

function partAlerts({ timing }: RuleOptions): Alert[] {
  const batches = total(part(SERIES.storeBatch, "count"), timing.window(300));
  const restarts = `changes(${SERIES.processStart}[${timing.window(900)}]) >= ${MIN_RESTARTS}`;
  const { cassandraReady, cassandraWanted, cassandraDiskFree, cassandraDiskSize, crashLooping } = CLUSTER_SERIES;
  return [
    {
      name: "PulseStoreFailing",
      severity: "critical",
      expr: `${ratio(total(SERIES.storeErrors, timing.window(300)), batches)} > ${MAX_STORE_FAILURES}`,
      holdSeconds: 300,
      summary: "New pulses are not stored: what is shown stands still, and soon they will be dead letters.",
      description: "The store fails {{ $value | humanizePercentage }} of its batches.",
    },
    {
      name: "PulseCassandraNodeAway",
      severity: "warning",
      expr: `(max(${SERIES.cassandraNodesDown}) > 0) or (sum(${cassandraWanted}) - sum(${cassandraReady}) > 0)`,
      holdSeconds: 120,
      summary: "Nobody feels it yet: the next Cassandra node to go may stop pulses from being stored.",
      description: "{{ $value }} of Cassandra's nodes cannot be reached.",
    },
    {
      name: "PulseFunctionCrashLoops",
      severity: "critical",
      expr: `(max by (job) (${restarts})) or (max by (pod) (${crashLooping}) > 0)`,
      holdSeconds: 0,
      summary: "{{ $labels.job }}{{ $labels.pod }} keeps dying: what it does for its users happens late or not at all.",
      description:
        "It was started again three times in a quarter of an hour, or Kubernetes waits before it starts it again.",
    },
    {
      name: "PulseRetentionDiskFills",
      severity: "warning",
      expr: [
        fills(SERIES.storeFreeBytes, `(${SERIES.storeFreeBytes} + ${SERIES.storeUsedBytes})`, timing.window(21_600)),
        fills(cassandraDiskFree, cassandraDiskSize, timing.window(21_600)),
      ].join(" or "),
      holdSeconds: 900,
      summary:
        "In days there is no room for new pulses: they will be refused, before the old ones have outlived their time.",
      description: "{{ $value | humanizePercentage }} of the room is left.",
    },
  ];
}

// Nearly full; or half full, and at this pace full in four days. A store whose retention holds it level is neither.
function fills(free: string, size: string, window: string): string {
  const share = `${free} / ${size}`;
  return `(${share} < 0.1) or (${share} < 0.5 and predict_linear(${free}[${window}], 345600) < 0)`;
}
