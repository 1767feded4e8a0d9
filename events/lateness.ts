// When a service counts as late, said once: the API, the page, badges and live streams ask these functions, and the
// recording rules (dashboards/rules/service-rules.ts) say the same in PromQL with the same constants.
//
// A sighting is a pulse at least SIGHTING_MS from the next: a thousand pulses sent at once every hour are a period of an
// hour. The usual period, unless it is set in set-periods.json, is the mean of the newest gaps between sightings, up to
// MAX_GAPS of them and no further back than LEARNING_WINDOW_MS from the newest pulse: the silence that is to be judged is
// no part of it. Fewer than MIN_GAPS gaps say nothing: such a service is not late, and nothing is known of it once it has
// been silent for FORGOTTEN_AFTER_MS.
//
// pulse-query reads the pulses back from the newest. The rules look at the newest pulse every 15 s, as it was scraped up
// to 10 s before. They see each pulse that no other follows for 25 s, so that both know the same sightings of a service
// that pulses more seldom, or in bursts shorter than SIGHTING_MS. In longer bursts what came between two looks is never seen,
// and a sighting may come up to 25 s later than it could: the gaps of the rules are never closer than SIGHTING_MS,
// as here, and never wider than they would be if SIGHTING_MS were 25 s more. So the rules are never the first to call such a
// service late (but for 28 s, what the newest pulse may be ahead of the newest sighting), and may be the last where a
// burst counts one sighting less by them, and another pause between bursts is among the newest gaps. They do not see
// pulses that come after a newer one, nor what came while Prometheus was away. A service that pulses in bursts of minutes
// has no usual period worth the name: set it.
import setPeriods from "./set-periods.json" with { type: "json" };
import { DAY_MS } from "./time.ts";

/** A service is late when it has been silent for so many of its usual periods, and the grace on top. */
export const LATE_AFTER_PERIODS = 3;

/** What a pulse may be late on its way, or a busy service with its pulses, in ms. */
export const LATE_GRACE_MS = 60_000;

/** How far back the usual period is learnt from. */
export const LEARNING_WINDOW_MS = 6 * 3_600_000;

/**
 * Pulses that follow each other sooner are one sighting. Longer than a scrape and a tick of the rules (10 + 15 s), and a
 * little less than two ticks: a service that pulses without a pause is seen to be so much further on at every second one.
 */
export const SIGHTING_MS = 28_000;

/** The fewest gaps between sightings that say something of a period. */
export const MIN_GAPS = 3;

/** The most gaps that count: a pace that has changed is the usual one after so many. */
export const MAX_GAPS = 8;

/** After so long a silence nothing is known of a service whose period is neither set nor learnt. */
export const FORGOTTEN_AFTER_MS = DAY_MS;

/** A service that was silent for less is not late, whatever its period. */
export const NEVER_LATE_BEFORE_MS = SIGHTING_MS * LATE_AFTER_PERIODS + LATE_GRACE_MS;

/** Periods that are not learnt but set, in seconds by service. */
export const SET_PERIODS: Readonly<Record<string, number>> = setPeriods;

/** The set period of a service in ms. */
export function setPeriodOf(service: string): number | undefined {
  return Object.hasOwn(SET_PERIODS, service) ? (SET_PERIODS[service] as number) * 1000 : undefined;
}

/** The newest sightings among the times of pulses, newest first: as many as the usual period is learnt from, at most. */
export function sightingsOf(newestFirst: readonly number[], apartMs = SIGHTING_MS): number[] {
  const [newest] = newestFirst;
  if (newest === undefined) return [];
  const sightings = [newest];
  for (const time of newestFirst) {
    if (sightings.length > MAX_GAPS || time < newest - LEARNING_WINDOW_MS) break;
    if (time <= (sightings.at(-1) as number) - apartMs) sightings.push(time);
  }
  return sightings;
}

/** The usual period in ms that sightings, newest first, tell; `undefined` when they tell none. */
export function usualPeriodOf(sightings: readonly number[]): number | undefined {
  const gaps = sightings.length - 1;
  if (gaps < MIN_GAPS) return undefined;
  return ((sightings[0] as number) - (sightings[gaps] as number)) / gaps;
}

/** How long a service with such a usual period (in ms) may be silent before it is late. */
export function lateAfterMs(usualPeriodMs: number): number {
  return usualPeriodMs * LATE_AFTER_PERIODS + LATE_GRACE_MS;
}
