// How every service is, told from the newest pulse that the store took of it: `serviceHealthOf` of events/service-health.ts
// and the usual period of events/lateness.ts, in PromQL. health-rule.test.ts compares both, and says how far they may differ.
//
// 1. A rule whose source is gone keeps its last value: pulse-persist may be at zero just when a service has stopped.
// 2. PulseMesh forgets a service when the store does.
// 3. Prometheus evaluates the rules of a group one after the other. Each sees what earlier rules recorded at this tick, and
//    what later rules recorded at the last.
import type { Health } from "../../events/health.ts";
import {
  FORGOTTEN_AFTER_MS,
  LATE_AFTER_PERIODS,
  LATE_GRACE_MS,
  LEARNING_WINDOW_MS,
  MAX_GAPS,
  MIN_GAPS,
  SIGHTING_MS,
} from "../../events/lateness.ts";
import { HEALTH_CODES } from "../../events/service-health.ts";
import { DAY_MS } from "../../events/time.ts";
import { max, quantile, rate } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import { RECENT_SECONDS } from "../timing.ts";
import type { RecordingRule, RuleOptions } from "./rule.ts";

/** Usual periods survive so long an absence of Prometheus. */
const KEPT_SECONDS = 3600;
/** Of pulses with equal times the worst counts. */
const WORST_FIRST: readonly Health[] = ["down", "degraded", "unknown", "up"];

/** Records last pulse, usual period, health, rate and p95 of every service. */
export function serviceRules({ timing, retentionDays, setPeriods }: RuleOptions): RecordingRule[] {
  const { lastPulse, isSighting, sighting, usualPeriod, setPeriod, lateAfter, health } = RECORDED;
  const newest = max(`${SERIES.lastPulse} or ${lastPulse}`, ["service"]);
  // The chart puts its own retention in place of this number.
  const forgotten = `time() - ${(retentionDays * DAY_MS) / 1000}`;
  const sets = Object.entries(setPeriods).map(([service, seconds]) => ({
    record: setPeriod,
    expr: `vector(${seconds})`,
    labels: { service },
  }));
  return [
    ...sets,
    { record: lastPulse, expr: `${newest} > ${forgotten}` },
    {
      record: isSighting,
      expr: `${lastPulse} >= bool ${sighting(0)} + ${timing.seconds(SIGHTING_MS / 1000)}`,
    },
    // A new sighting moves the others back. The oldest moves first, while the next younger one still has its old value.
    ...downFrom(MAX_GAPS, 1).map((ago) => ({
      record: sighting(ago),
      expr: `(${sighting(ago - 1)} and ${isSighting} == 1) or ${sighting(ago)} > ${forgotten}`,
    })),
    {
      record: sighting(0),
      expr: `(${lastPulse} and ${isSighting} == 1) or ${sighting(0)} > ${forgotten} or ${lastPulse}`,
    },
    {
      // Prometheus looks back five minutes. After a longer absence sightings start again, and the last usual period holds until
      // there are enough of them.
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
      expr: `(${setPeriod} or ${usualPeriod}) * ${LATE_AFTER_PERIODS} + ${timing.seconds(LATE_GRACE_MS / 1000)}`,
    },
    {
      record: health,
      expr: [
        `0 * (time() - ${lastPulse} > ${lateAfter}) + ${HEALTH_CODES.late}`,
        `0 * (time() - ${lastPulse} > ${timing.seconds(FORGOTTEN_AFTER_MS / 1000)} unless ${lateAfter}) + ${HEALTH_CODES.unknown}`,
        ...WORST_FIRST.map(
          (word) =>
            `0 * (${max(SERIES.lastPulseOf(word), ["service"])} == on (service) ${lastPulse}) + ${HEALTH_CODES[word]}`,
        ),
        `${health} and ${lastPulse}`,
      ]
        .map((expression) => `(${expression})`)
        .join(" or "),
    },
    { record: RECORDED.storedRate, expr: rate(SERIES.storedYoung, timing.window(RECENT_SECONDS), ["service"]) },
    {
      record: RECORDED.latencyP95,
      expr: quantile(0.95, SERIES.pulseLatency, timing.window(RECENT_SECONDS), ["service"]),
    },
  ];
}

/** Whole numbers in descending order. */
function downFrom(first: number, last: number): number[] {
  return Array.from({ length: first - last + 1 }, (_, i) => first - i);
}
