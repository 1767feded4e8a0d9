// How every service is, from the newest pulse that the store took of it: `serviceHealthOf` of events/service-health.ts, and
// the usual period as events/lateness.ts says, in PromQL. health-rule.test.ts holds them against each other, and says how far
// apart they may be.
//
// 1. What is known of a service outlives the processes it was learnt from: a rule whose source is gone holds its own last
//    value. pulse-persist may be at zero just when a service has stopped, which is when it matters.
// 2. A service is forgotten when the store forgets it.
// 3. The rules of a group are evaluated one after the other, each on what those before it have left at this tick, and on
//    what those after it left at the last.
import type { Health } from "../../events/health.ts";
import {
  FORGOTTEN_AFTER_MS,
  LATE_AFTER_PERIODS,
  LEARNING_WINDOW_MS,
  MAX_GAPS,
  MIN_GAPS,
  SIGHTING_MS,
} from "../../events/lateness.ts";
import { HEALTH_CODES } from "../health-codes.ts";
import { quantile, rate } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import type { RecordingRule, RuleOptions } from "./rule.ts";

/** The default of PULSE_RETENTION_DAYS. */
const RETENTION_SECONDS = 30 * 86_400;
/** How long Prometheus may be away until it has forgotten the usual periods. */
const KEPT_SECONDS = 3600;
/** At equal times the worse one counts. */
const WORST_FIRST: readonly Health[] = ["down", "degraded", "unknown", "up"];

/** Last pulse, usual period, health, rate and p95 of every service. */
export function serviceRules({ timing, setPeriods }: RuleOptions): RecordingRule[] {
  const { lastPulse, isSighting, sighting, usualPeriod, setPeriod, lateAfter, health } = RECORDED;
  const newest = `max by (service) (${SERIES.lastPulse} or ${lastPulse})`;
  const remembered = `time() - ${RETENTION_SECONDS}`;
  const sets = Object.entries(setPeriods).map(([service, seconds]) => ({
    record: setPeriod,
    expr: `vector(${seconds})`,
    labels: { service },
  }));
  return [
    ...sets,
    {
      record: lastPulse,
      expr: `${newest} > ${remembered}`,
    },
    {
      record: isSighting,
      expr: `${lastPulse} >= bool ${sighting(0)} + ${timing.seconds(SIGHTING_MS / 1000)}`,
    },
    // A new sighting moves the others back, the oldest first: each takes the value that the younger one still has.
    ...downFrom(MAX_GAPS, 1).map((ago) => ({
      record: sighting(ago),
      expr: `(${sighting(ago - 1)} and ${isSighting} == 1) or ${sighting(ago)} > ${remembered}`,
    })),
    {
      record: sighting(0),
      expr: `(${lastPulse} and ${isSighting} == 1) or ${sighting(0)} > ${remembered} or ${lastPulse}`,
    },
    {
      // Prometheus knows nothing that it wrote more than five minutes ago. When it was away for longer, sightings begin anew,
      // and what was the usual period stays so until there are enough of them.
      record: usualPeriod,
      expr: [
        ...downFrom(MAX_GAPS, MIN_GAPS).map(
          (ago) => `(${sighting(0)} - ${sighting(ago)} <= ${timing.seconds(LEARNING_WINDOW_MS / 1000)}) / ${ago}`,
        ),
        `(last_over_time(${usualPeriod}[${timing.window(KEPT_SECONDS)}]) and ${lastPulse} unless ${sighting(MIN_GAPS)})`,
      ].join(" or "),
    },
    {
      record: lateAfter,
      expr: `(${setPeriod} or ${usualPeriod}) * ${LATE_AFTER_PERIODS} + ${timing.graceSeconds}`,
    },
    {
      record: health,
      expr: [
        `0 * (time() - ${lastPulse} > ${lateAfter}) + ${HEALTH_CODES.late}`,
        `0 * (time() - ${lastPulse} > ${timing.seconds(FORGOTTEN_AFTER_MS / 1000)} unless ${lateAfter}) + ${HEALTH_CODES.unknown}`,
        ...WORST_FIRST.map(
          (word) =>
            `0 * (max by (service) (${SERIES.lastPulseOf(word)}) == on (service) ${lastPulse}) + ${HEALTH_CODES[word]}`,
        ),
        `${health} and ${lastPulse}`,
      ]
        .map((expression) => `(${expression})`)
        .join(" or "),
    },
    { record: RECORDED.storedRate, expr: rate(SERIES.stored, timing.window(300), ["service"]) },
    { record: RECORDED.latencyP95, expr: quantile(0.95, SERIES.pulseLatency, timing.window(300), ["service"]) },
  ];
}

/** Whole numbers, the larger ones first. */
function downFrom(first: number, last: number): number[] {
  return Array.from({ length: first - last + 1 }, (_, i) => first - i);
}
