// When a service counts as late, said once: the API, the page, badges and live streams ask these functions, and the
// recording rules (dashboards/rules/service-rules.ts) say the same in PromQL with the same constants.
//
// A sighting is a pulse at least SIGHTING_MS from the next: a thousand pulses sent at once every hour are a period of an
// hour. The usual period is the mean time between sightings over the LEARNING_WINDOW_MS up to the newest pulse, so that
// the silence that is to be judged is no part of it, unless it is set in set-periods.json. Fewer than MIN_GAPS gaps say
// nothing: such a service is not late, and nothing is known of it once it has been silent for FORGOTTEN_AFTER_MS.
//
// The rules have every sighting of the window, pulse-query reads back from the newest only until it has four of them
// (sixteen where every pulse is one). A service that keeps its pace has one period by both. Of one that pulses in bursts of
// minutes pulse-query sees the pace of the last burst, and it is late there sooner than by the rules: set its period.
import setPeriods from "./set-periods.json" with { type: "json" };

/** A service is late when it has been silent for so many of its usual periods, and the grace on top. */
export const LATE_AFTER_PERIODS = 3;

/** What a pulse may be late on its way, or a busy service with its pulses, in ms. */
export const LATE_GRACE_MS = 60_000;

/** How far back the usual period is learnt from. */
export const LEARNING_WINDOW_MS = 6 * 3_600_000;

/** Pulses that follow each other sooner are one sighting; so often the rules look at a service. */
export const SIGHTING_MS = 15_000;

/** The fewest gaps between sightings that say something of a period. */
export const MIN_GAPS = 3;

/** After so long a silence nothing is known of a service whose period is neither set nor learnt. */
export const FORGOTTEN_AFTER_MS = 86_400_000;

/** A service that was silent for less is not late, whatever its period. */
export const NEVER_LATE_BEFORE_MS = SIGHTING_MS * LATE_AFTER_PERIODS + LATE_GRACE_MS;

/** Periods that are not learnt but set, in seconds by service. */
export const SET_PERIODS: Readonly<Record<string, number>> = setPeriods;

/** The set period of a service in ms. */
export function setPeriodOf(service: string): number | undefined {
  return Object.hasOwn(SET_PERIODS, service) ? (SET_PERIODS[service] as number) * 1000 : undefined;
}

/** The sightings among the times of pulses, newest first. */
export function sightingsOf(newestFirst: readonly number[]): number[] {
  const sightings: number[] = [];
  for (const time of newestFirst) {
    const last = sightings.at(-1);
    if (last === undefined || time <= last - SIGHTING_MS) sightings.push(time);
  }
  return sightings;
}

/** The usual period in ms that the times of a service's pulses, newest first, tell; `undefined` when they tell none. */
export function usualPeriodOf(newestFirst: readonly number[]): number | undefined {
  const sightings = sightingsOf(newestFirst);
  const gaps = sightings.length - 1;
  if (gaps < MIN_GAPS) return undefined;
  return ((sightings[0] as number) - (sightings[gaps] as number)) / gaps;
}

/** How long a service with such a usual period (in ms) may be silent before it is late. */
export function lateAfterMs(usualPeriodMs: number): number {
  return usualPeriodMs * LATE_AFTER_PERIODS + LATE_GRACE_MS;
}
