import { HEALTH_CODES } from "../../events/service-health.ts";
import { MAX_SERVICE_LABELS } from "../../functions/metrics/names.ts";
import { max, min, orZero, part, quantile, rate, ratio, sum, total } from "../promql.ts";
import { CASSANDRA_SERIES, RECORDED, SERIES } from "../selectors.ts";
import { durationInWords, durationOf, RECENT_SECONDS, type Timing } from "../timing.ts";
import { BURN_WINDOWS } from "./flow-rules.ts";
import { ledgerTimesOf } from "./ledger-times.ts";
import type { AlertingRule, RuleOptions, Severity } from "./rule.ts";
import { LATELY_SECONDS } from "./service-rules.ts";
import { burnLimit, FAST_BURN, THRESHOLDS } from "./thresholds.ts";

/** An alert about dead letters, or about services that are refused, ends so long after the last one. */
const LAST_EVENT_SECONDS = 900;

const COUNTED_SERVICES = MAX_SERVICE_LABELS.toLocaleString("en");

type Alerts = Record<string, Alert>;

interface Alert {
  severity: Severity;
  expr: string;
  /** In production. */
  holdSeconds: number;
  summary: string;
  description: string;
}

/** Every alert. Its heading in the runbook is its name. */
export function alertingRules(options: RuleOptions): AlertingRule[] {
  const alerts = { ...serviceAlerts(options), ...flowAlerts(options), ...partAlerts(options) };
  return Object.entries(alerts).map(([alert, { severity, expr, holdSeconds, summary, description }]) => ({
    alert,
    expr,
    for: options.timing.hold(holdSeconds),
    labels: { severity },
    annotations: { summary, description, runbook_url: `${options.runbookUrl}#${alert.toLowerCase()}` },
  }));
}

function serviceAlerts({ timing }: RuleOptions): Alerts {
  const isWatched = `and on (service) ${RECORDED.watchedHealth}`;
  const inAnHour = (perSecond: string) =>
    `avg_over_time(${perSecond}[${timing.window(LATELY_SECONDS)}]) * ${timing.seconds(LATELY_SECONDS)}`;
  const isBad = aboveUsual(RECORDED.badShare, THRESHOLDS.badFactor, THRESHOLDS.badMore, timing);
  const isSlow = aboveUsual(RECORDED.latencyP95Lately, THRESHOLDS.slowFactor, THRESHOLDS.slowMoreSeconds, timing);
  const judgedUntil = max(SERIES.judgedUntil);
  const stored = total(SERIES.stored, timing.window(RECENT_SECONDS));
  return {
    PulseServiceStopped: {
      severity: "critical",
      expr: `${RECORDED.watchedHealth} == ${HEALTH_CODES.late}`,
      holdSeconds: 60,
      summary: "{{ $labels.service }} has gone silent: nobody knows whether it works.",
      description: "No pulse came for longer than it may be silent. Check the service, then its way to pulse-ingest.",
    },
    PulseServiceDown: {
      severity: "critical",
      expr: `${RECORDED.watchedHealth} == ${HEALTH_CODES.down}`,
      holdSeconds: 120,
      summary: "{{ $labels.service }} is down: its users get errors.",
      description: "At least half of its pulses say down. Follow the service's own runbook.",
    },
    PulseServiceDegraded: {
      severity: "warning",
      expr: `${RECORDED.watchedHealth} == ${HEALTH_CODES.degraded}`,
      holdSeconds: 300,
      summary: "{{ $labels.service }} is degraded: its users wait, or get only a part of what they ask for.",
      description:
        "At least a tenth of its pulses say degraded or down. Look for a change at the time when this began.",
    },
    PulseServiceFlaps: {
      severity: "warning",
      expr: `changes(${RECORDED.watchedSince}[${timing.window(THRESHOLDS.flapSeconds)}]) > ${THRESHOLDS.flaps} ${isWatched}`,
      holdSeconds: 0,
      summary: "{{ $labels.service }} flaps: it is well and in trouble by turns.",
      description: `Its health changed {{ $value | humanize }} times within ${durationInWords(THRESHOLDS.flapSeconds)}. Alerts that wait for a state to last may say nothing of it. Look at its incidents, and for what restarts or runs full.`,
    },
    PulseServiceErrorsGrow: {
      severity: "warning",
      expr: `(${isBad}) and on (service) (${inAnHour(RECORDED.badRate)} >= ${THRESHOLDS.badPulses}) ${isWatched}`,
      holdSeconds: 600,
      summary: "{{ $labels.service }} fails more often than it usually does at this time of the day.",
      description: `{{ $value | humanizePercentage }} of its pulses of the last hour are down or degraded: more than ${THRESHOLDS.badFactor} times as many as a day and a week ago. Look for what was changed since.`,
    },
    PulseServiceSlow: {
      severity: "warning",
      expr: `(${isSlow}) and on (service) (${inAnHour(RECORDED.storedRate)} >= ${THRESHOLDS.slowPulses}) ${isWatched}`,
      holdSeconds: 600,
      summary: "{{ $labels.service }} is slower than it usually is at this time of the day.",
      description: `Its p95 of the last hour is {{ $value | humanizeDuration }}: more than ${THRESHOLDS.slowFactor} times that of a day and of a week ago. Look for what was changed since.`,
    },
    PulseHealthKeeperAway: {
      severity: "critical",
      expr: `(time() - ${judgedUntil} > ${THRESHOLDS.judgedSeconds}) or (absent(${SERIES.judgedUntil}) and on () (${stored} > 0))`,
      holdSeconds: 60,
      summary: "Nobody judges services: the page says unknown of each, and no alert says that one stops or is down.",
      description: `pulse-health has judged no service for ${durationInWords(THRESHOLDS.judgedSeconds)}, or is not scraped while pulses are stored. Alerts that a service stopped, is down or degraded stay as they were. Check whether pulse-health runs, and what its log says.`,
    },
    PulseServicesUnwatched: {
      severity: "warning",
      expr: `(${max(SERIES.servicesLeftOut)} > 0) or (${total(SERIES.storedOfOthers, timing.window(LAST_EVENT_SECONDS))} > 0)`,
      holdSeconds: 0,
      summary: `There are more than ${COUNTED_SERVICES} services, or there were as many names, and some alerts do not watch the others.`,
      description:
        "Those that are down, late or degraded are watched first; of the others nothing says that they fail more often or are slower than usual, and dashboards do not list them. The page and the API show each of them, and events tell of each.",
    },
    PulseServicesFileInvalid: {
      severity: "warning",
      expr: `${min(SERIES.servicesFileValid, ["job"])} == 0`,
      holdSeconds: 300,
      summary: "A change to the settings of services does not count: their file has a fault.",
      description:
        "{{ $labels.job }} cannot take what PULSE_SERVICES_FILE holds, and goes on with the former settings. A process that starts now ends with the fault. The log names the line.",
    },
    PulseServicesRefused: {
      severity: "warning",
      expr: `${total(SERIES.servicesRefused, timing.window(LAST_EVENT_SECONDS))} > 0`,
      holdSeconds: 0,
      summary: "New services cannot send their pulses: there are as many services as the bound allows.",
      description: `{{ $value | humanize }} requests of the last ${durationInWords(LAST_EVENT_SECONDS)} named a new service beyond PULSE_MAX_SERVICES, or beyond PULSE_MAX_SERVICES_PER_TOKEN for their token. Known services go on. Find who makes names without end, or raise the bound.`,
    },
  };
}

/** A series of services that is above what it was at the same time a day ago and a week ago, whichever is more, by a factor and more. */
function aboveUsual(series: string, factor: number, more: number, { daySeconds }: Timing): string {
  const [yesterday, lastWeek] = [1, 7].map((days) => `${series} offset ${durationOf(days * daySeconds)}`);
  // `or` takes the first that there is of each service.
  const usual = `(${yesterday} > ${lastWeek}) or ${lastWeek} or ${yesterday}`;
  return `${series} > ${more} + ${factor} * (${usual})`;
}

function flowAlerts({ timing, delivery }: RuleOptions): Alerts {
  const { holdSeconds, meanSeconds } = ledgerTimesOf(delivery);
  const mean = (hourly: string) => `avg_over_time(${hourly}[${timing.window(meanSeconds)}])`;
  const scrapesPulses = `${timing.scrapeSeconds * 3} * (${orZero(rate(SERIES.accepted, timing.window(RECENT_SECONDS)))})`;
  return {
    PulseIngestBurnsFast: {
      severity: "critical",
      expr: `${burn("1h", "5m", FAST_BURN)} or ${burn("6h", "30m", 6)}`,
      holdSeconds: 120,
      summary: "PulseMesh does not take the services' pulses: those that are not sent again are lost.",
      description:
        "{{ $value | humanizePercentage }} of requests failed. At this pace a month's budget is gone in days. Check the broker, then whether pulse-ingest has room.",
    },
    PulseIngestBurnsSlowly: {
      severity: "warning",
      expr: burn("1d", "2h", 3),
      holdSeconds: 900,
      summary: "Some services must send their pulses several times.",
      description:
        "{{ $value | humanizePercentage }} of the day's requests failed, more than the month's budget allows. Find what the bad minutes have in common.",
    },
    PulseDeliveryLag: {
      severity: "warning",
      expr: `${quantile(THRESHOLDS.lagQuantile, SERIES.deliveryLag, timing.window(RECENT_SECONDS))} > ${THRESHOLDS.lagSeconds}`,
      holdSeconds: 600,
      summary: "Every service's health shows late: accepted pulses take long to be stored.",
      description: `${Math.round((1 - THRESHOLDS.lagQuantile) * 100)} % of events take more than {{ $value | humanizeDuration }} from accepted to stored. Look for a slow store, missing pods or failed batches.`,
    },
    PulseDeadLettersGrow: {
      severity: "warning",
      expr: `${total(SERIES.deadLetters, timing.window(LAST_EVENT_SECONDS), ["reason"])} > 0`,
      holdSeconds: 0,
      summary: "PulseMesh does not show some accepted pulses until their dead letters are replayed.",
      description: `{{ $value | humanize }} events became dead letters within ${durationInWords(LAST_EVENT_SECONDS)} ({{ $labels.reason }}). Remove the cause, then replay them.`,
    },
    PulseLedgerMismatch: {
      severity: "critical",
      expr: `${mean(RECORDED.unaccounted)} > ${THRESHOLDS.unaccounted} * ${mean(RECORDED.accepted)} + ${scrapesPulses}`,
      holdSeconds,
      summary: "Accepted pulses are missing: they are neither stored nor dead letters.",
      description:
        "{{ $value | humanize }} pulses an hour have been unaccounted for longer than all retries of a delivery take. Is the store away? Then dead letters may wait too. Otherwise keep the broker's data and the logs, and ask the services to send again.",
    },
  };
}

function burn(long: keyof typeof BURN_WINDOWS, short: keyof typeof BURN_WINDOWS, factor: number): string {
  const limit = burnLimit(factor);
  return `(${RECORDED.ingestFailureRatio(long)} > ${limit} and ${RECORDED.ingestFailureRatio(short)} > ${limit})`;
}

function partAlerts({ timing }: RuleOptions): Alerts {
  const batches = total(part(SERIES.storeBatch, "count"), timing.window(RECENT_SECONDS));
  const failing = ratio(total(SERIES.storeErrors, timing.window(RECENT_SECONDS)), batches);
  // Without Cassandra no batch is made that could fail, and on a cluster no event comes: the pods are not ready. 1: all fails.
  const away = `${max(SERIES.persistNodesUp)} == bool 0`;
  const restarts = `changes(${SERIES.processStart}[${timing.window(THRESHOLDS.restartSeconds)}]) >= ${THRESHOLDS.restarts}`;
  const trend = timing.window(BURN_WINDOWS["6h"]);
  const { ready, wanted, diskFree, diskSize } = CASSANDRA_SERIES;
  return {
    PulseStoreFailing: {
      severity: "critical",
      expr: `(${failing} > ${THRESHOLDS.storeFailures}) or ((${away}) > 0)`,
      holdSeconds: 300,
      summary: "New pulses are not stored: health stands still, and pulses soon become dead letters.",
      description:
        "The store fails {{ $value | humanizePercentage }} of its batches, or no node of Cassandra is reached. Check whether it is ready and has room.",
    },
    PulseCassandraNodeAway: {
      severity: "warning",
      expr: `(${max(SERIES.cassandraNodesDown)} > 0) or (${sum(wanted)} - ${sum(ready)} > 0)`,
      holdSeconds: 120,
      summary: "No user impact yet; losing another Cassandra node may stop writes.",
      description: "{{ $value }} of Cassandra's nodes cannot be reached. Bring them back before you restart another.",
    },
    PulseFunctionCrashLoops: {
      severity: "critical",
      expr: `(${max(restarts, ["job"])}) or (${max(SERIES.crashLooping, ["pod"])} > 0)`,
      holdSeconds: 0,
      summary: "{{ $labels.job }}{{ $labels.pod }} keeps crashing: its work is done late or not at all.",
      description: `It restarted at least ${THRESHOLDS.restarts} times within ${durationInWords(THRESHOLDS.restartSeconds)}, or Kubernetes delays its next start. Read the last log lines of the ended process.`,
    },
    PulseRetentionDiskFills: {
      severity: "warning",
      expr: [
        fills(SERIES.storeFreeBytes, `(${SERIES.storeFreeBytes} + ${SERIES.storeUsedBytes})`, trend),
        fills(diskFree, diskSize, trend),
      ].join(" or "),
      holdSeconds: 900,
      summary: "PulseMesh will refuse new pulses within days: the store's disk fills before old pulses expire.",
      description: "{{ $value | humanizePercentage }} of the room is left. Enlarge the disk or shorten the retention.",
    },
  };
}

// A store that the retention holds level is neither nearly full nor filling up.
function fills(free: string, size: string, window: string): string {
  const share = `${free} / ${size}`;
  const isFilling = `predict_linear(${free}[${window}], ${THRESHOLDS.fillSeconds}) < 0`;
  return `(${share} < ${THRESHOLDS.freeShare}) or (${share} < ${THRESHOLDS.freeShareWhileFilling} and ${isFilling})`;
}
