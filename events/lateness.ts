// When a service is late: the one rule for the API, the page, badges and live streams. The recording rules
// (dashboards/rules/service-rules.ts) say the same in PromQL with the same constants.
//
// Sightings are the newest pulse, and each older pulse at least SIGHTING_MS before the sighting that follows it: a thousand
// pulses sent together every hour are one sighting an hour. The usual period is set in set-periods.json, or learnt: it is
// the mean of the newest gaps between sightings, at most MAX_GAPS of them, no further back than LEARNING_WINDOW_MS from the
// newest pulse. The present silence is not among the gaps. Fewer than MIN_GAPS gaps tell no period: such a service is never
// late, and its health is unknown after FORGOTTEN_AFTER_MS of silence.
//
// pulse-query reads all pulses. The rules see less: every 15 s they look at the newest pulse as scraped up to 10 s before,
// so that they miss a pulse that another follows within 25 s.
// - For a service that pulses less often, or in bursts shorter than SIGHTING_MS, both know the same sightings.
// - In longer bursts the rules see a sighting up to 25 s later. Their gaps are at least SIGHTING_MS, as here, and at most
//   what a SIGHTING_MS of 25 s more would give. So they call such a service late at most 28 s before pulse-query does: the
//   newest pulse may be that much newer than the newest sighting. They may call it late after pulse-query does: with one
//   sighting fewer in a burst, one more pause between bursts is among the newest gaps.
// - They see neither pulses that arrive after a newer one, nor pulses from while Prometheus was away.
// A service that pulses in bursts of minutes has no meaningful usual period: set one.
import setPeriods from "./set-periods.json" with { type: "json" };
import { DAY_MS } from "./time.ts";

/** A service is late after a silence of so many usual periods plus the grace. */
export const LATE_AFTER_PERIODS = 3;

/** In ms: what a slow delivery or a busy service may add to a silence. */
export const LATE_GRACE_MS = 60_000;

/** How far back from the newest pulse the usual period is learnt. */
export const LEARNING_WINDOW_MS = 6 * 3_600_000;

/**
 * Pulses that follow each other sooner are one sighting. Longer than a scrape and a tick of the rules (10 + 15 s), and a
 * little less than two ticks: of a service that pulses without a pause, the rules see a new sighting every second tick.
 */
export const SIGHTING_MS = 28_000;

/** The fewest gaps between sightings that tell a period. */
export const MIN_GAPS = 3;

/** The most gaps that count: a changed pace becomes the usual one after so many. */
export const MAX_GAPS = 8;

/** After so long a silence, the health of a service without a usual period is unknown. */
export const FORGOTTEN_AFTER_MS = DAY_MS;

/** No service is late after a shorter silence. */
export const NEVER_LATE_BEFORE_MS = SIGHTING_MS * LATE_AFTER_PERIODS + LATE_GRACE_MS;

/** Periods that are set instead of learnt, in seconds by service. */
export const SET_PERIODS: Readonly<Record<string, number>> = setPeriods;

/** The set period of a service in ms. */
export function setPeriodOf(service: string): number | undefined {
  return Object.hasOwn(SET_PERIODS, service) ? (SET_PERIODS[service] as number) * 1000 : undefined;
}

/** The newest sightings among the times of pulses, newest first: no more than the usual period is learnt from. */
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

/** The usual period in ms that sightings, newest first, tell; `undefined` for too few of them. */
export function usualPeriodOf(sightings: readonly number[]): number | undefined {
  const gaps = sightings.length - 1;
  if (gaps < MIN_GAPS) return undefined;
  return ((sightings[0] as number) - (sightings[gaps] as number)) / gaps;
}

/** How long, in ms, a service with this usual period may be silent before it is late. */
export function lateAfterMs(usualPeriodMs: number): number {
  return usualPeriodMs * LATE_AFTER_PERIODS + LATE_GRACE_MS;
}
