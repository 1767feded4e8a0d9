// Records how every service is, which pulse-health says, and how it usually is, which Prometheus remembers.
//
// 1. A rule whose source is gone keeps its last value where alerts rest on it: an alert must not end because nobody looks.
// 2. PulseMesh forgets a service when the store does.
// 3. Prometheus evaluates the rules of a group one after the other. Each sees what earlier rules recorded at this tick.
import { DAY_MS } from "../../events/time.ts";
import { max, quantile, rate, ratio } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import { RECENT_SECONDS } from "../timing.ts";
import type { RecordingRule, RuleOptions } from "./rule.ts";
import { THRESHOLDS } from "./thresholds.ts";

/** "Of late" in alerts that compare a service with its usual is so many seconds. */
export const LATELY_SECONDS = 3600;

/** Records last pulse, health, rate, p95 and what is not up of every service. */
export function serviceRules({ timing, retentionDays }: RuleOptions): RecordingRule[] {
  const { lastPulse, health, watchedHealth, watchedSince, storedRate, badRate, latencyP95 } = RECORDED;
  const newest = max(`${SERIES.lastPulse} or ${lastPulse}`, ["service"]);
  // The chart puts its own retention in place of this number.
  const forgotten = `time() - ${(retentionDays * DAY_MS) / 1000}`;
  const recent = timing.window(RECENT_SECONDS);
  const lately = timing.window(LATELY_SECONDS);
  // pulse-health judges at its own pace, also where tests hasten the rules.
  const isFresh = (judgedUntil: string) => `time() - ${judgedUntil} <= ${THRESHOLDS.judgedSeconds}`;
  const isOfFreshKeeper = `and on (instance) (${isFresh(SERIES.judgedUntil)})`;
  const maintenance = max(SERIES.serviceInMaintenance, ["service"]);
  return [
    { record: lastPulse, expr: `${newest} > ${forgotten}` },
    {
      // Of two replicas that both judge, the worse counts. One that has stopped judging does not.
      record: health,
      expr: max(`${SERIES.serviceHealth} ${isOfFreshKeeper}`, ["service"]),
    },
    {
      record: watchedHealth,
      expr: `(${health} unless on (service) ${maintenance}) or (${watchedHealth} unless on () (${isFresh(max(SERIES.judgedUntil))}))`,
    },
    {
      record: watchedSince,
      expr: `${max(`${SERIES.serviceHealthSince} ${isOfFreshKeeper}`, ["service"])} unless on (service) ${maintenance}`,
    },
    { record: storedRate, expr: rate(SERIES.storedYoung, recent, ["service"]) },
    { record: badRate, expr: `(${rate(SERIES.storedBad, recent, ["service"])}) or 0 * ${storedRate}` },
    {
      record: RECORDED.badShare,
      expr: ratio(`avg_over_time(${badRate}[${lately}])`, `avg_over_time(${storedRate}[${lately}])`),
    },
    // Without pulses a quantile is no number, which a mean would pass on.
    { record: latencyP95, expr: `${quantile(0.95, SERIES.pulseLatency, recent, ["service"])} >= 0` },
    { record: RECORDED.latencyP95Lately, expr: `avg_over_time(${latencyP95}[${lately}])` },
  ];
}
