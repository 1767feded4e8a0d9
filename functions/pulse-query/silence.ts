import { lateAfterMs } from "../../events/lateness.ts";
import type { JudgedService } from "./service-list.ts";

/** A shorter silence of all services says nothing. */
const QUIET_AFTER_MS = 60_000;
/** Nor does one of at most so many usual periods of the service that pulses most often. */
const QUIET_AFTER_PERIODS = 2;

/**
 * Since when (epoch ms) no service has had a newer pulse, when at least one should have: then it may be PulseMesh that is
 * stuck, and not the services. `undefined` as long as the silence is usual, or no service has a usual period. A service that
 * was late while others pulsed does not count.
 */
export function nothingNewSince(services: Iterable<JudgedService>, newAt: number, now: number): number | undefined {
  let shortestMs = Number.POSITIVE_INFINITY;
  for (const { pulse, usualPeriodMs } of services) {
    if (usualPeriodMs === undefined || pulse.event_time + lateAfterMs(usualPeriodMs) < newAt) continue;
    shortestMs = Math.min(shortestMs, usualPeriodMs);
  }
  return now - newAt >= Math.max(QUIET_AFTER_MS, QUIET_AFTER_PERIODS * shortestMs) ? newAt : undefined;
}
