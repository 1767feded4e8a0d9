// How every service is, from the newest pulse that the store took of it: `serviceHealthOf` of events/service-health.ts, and
// the usual period as events/lateness.ts says, in PromQL. health-rule.test.ts holds them against each other.
//
// 1. What is known of a service outlives the processes it was learnt from: a rule whose source is gone holds its own last
//    value. pulse-persist may be at zero just when a service has stopped, which is when it matters.
// 2. A service is forgotten when the store forgets it.
import type { Health } from "../../events/health.ts";
import {
  FORGOTTEN_AFTER_MS,
  LATE_AFTER_PERIODS,
  LEARNING_WINDOW_MS,
  MIN_GAPS,
  SIGHTING_MS,
} from "../../events/lateness.ts";
import { HEALTH_CODES } from "../health-codes.ts";
import { quantile, rate } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import type { RecordingRule, RuleOptions } from "./rule.ts";

/** The default of PULSE_RETENTION_DAYS. */
const RETENTION_SECONDS = 30 * 86_400;
/** At equal times the worse one counts. */
const WORST_FIRST: readonly Health[] = ["down", "degraded", "unknown", "up"];

/** Last pulse, usual period, health, rate and p95 of every service. */
export function serviceRules({ timing, setPeriods }: RuleOptions): RecordingRule[] {
  const { lastPulse, sighting, usualPeriod, setPeriod, lateAfter, health } = RECORDED;
  const newest = `max by (service) (${SERIES.lastPulse} or ${lastPulse})`;
  const learning = `${sighting}[${timing.window(LEARNING_WINDOW_MS / 1000)}]`;
  const isNew = `changes(${sighting}[${timing.window(2 * timing.tickSeconds)}]) > 0`;
  const sets = Object.entries(setPeriods).map(([service, seconds]) => ({
    record: setPeriod,
    expr: `vector(${seconds})`,
    labels: { service },
  }));
  return [
    ...sets,
    {
      record: lastPulse,
      expr: `${newest} > time() - ${RETENTION_SECONDS}`,
    },
    {
      // Pulses that follow each other sooner are one: a thousand of them sent at once every hour are a period of an hour.
      record: sighting,
      expr: `(${lastPulse} >= ${sighting} + ${timing.seconds(SIGHTING_MS / 1000)}) or (${sighting} and ${lastPulse}) or ${lastPulse}`,
    },
    {
      // Learnt at a sighting and held until the next one: the silence that is to be judged is no part of it.
      record: usualPeriod,
      expr: `((${sighting} - min_over_time(${learning})) / (changes(${learning}) >= ${MIN_GAPS}) and ${isNew}) or (${usualPeriod} and ${lastPulse})`,
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
