// How every service is, from the newest pulse that the store took of it: `serviceHealthOf` of events/service-health.ts, and
// the usual period as events/lateness.ts says, in PromQL.
//
// 1. What is known of a service outlives the processes it was learnt from: a rule whose source is gone holds its own last
//    value. pulse-persist may be at zero just when a service has stopped, which is when it matters.
// 2. A service is forgotten after a day of silence, unless its period was set.
import type { Health } from "../../events/health.ts";
import { FORGOTTEN_AFTER_MS, LATE_AFTER_PERIODS, LEARNING_WINDOW_MS, MIN_GAPS } from "../../events/lateness.ts";
import { HEALTH_CODES } from "../health-codes.ts";
import { quantile, rate } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import type { RecordingRule, RuleOptions } from "./rule.ts";

/** At equal times the worse one counts. */
const WORST_FIRST: readonly Health[] = ["down", "degraded", "unknown", "up"];

/** Last pulse, usual period, health, rate and p95 of every service. */
export function serviceRules({ timing, setPeriods }: RuleOptions): RecordingRule[] {
  const { lastPulse, usualPeriod, setPeriod, lateAfter, health } = RECORDED;
  const newest = `max by (service) (${SERIES.lastPulse} or ${lastPulse})`;
  const learning = `${lastPulse}[${timing.window(LEARNING_WINDOW_MS / 1000)}]`;
  const sets = Object.entries(setPeriods).map(([service, seconds]) => ({
    record: setPeriod,
    expr: `vector(${seconds})`,
    labels: { service },
  }));
  return [
    ...sets,
    {
      record: lastPulse,
      expr: `(${newest} > time() - ${timing.seconds(FORGOTTEN_AFTER_MS / 1000)}) or (${newest} and on (service) ${setPeriod})`,
    },
    {
      // Counted is how often a tick saw a newer pulse: a thousand pulses sent at once every hour are a period of an hour.
      record: usualPeriod,
      expr: `(count_over_time(${learning}) * ${timing.tickSeconds} / (changes(${learning}) >= ${MIN_GAPS})) or (${usualPeriod} and ${lastPulse})`,
    },
    {
      record: lateAfter,
      expr: `(${setPeriod} or ${usualPeriod}) * ${LATE_AFTER_PERIODS} + ${timing.graceSeconds}`,
    },
    {
      record: health,
      expr: [
        `0 * (time() - ${lastPulse} > ${lateAfter}) + ${HEALTH_CODES.late}`,
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
