import { DAY_MS } from "../../events/time.ts";

/** What an incident does to its service at a moment. */
export interface Affliction {
  phase: "degraded" | "down" | "recovering";
  /** What latencies are multiplied with. */
  slowdown: number;
}

const MINUTE_MS = 60_000;
const DEGRADED_MS = 25 * MINUTE_MS;
const DOWN_MS = 10 * MINUTE_MS;
const RECOVERING_MS = 15 * MINUTE_MS;
const WORST_SLOWDOWN = 8;

/** How long an incident lasts. */
export const INCIDENT_MS = DEGRADED_MS + DOWN_MS + RECOVERING_MS;

/**
 * The incident of every day: the service gets slower until it fails, is down, and recovers. It comes at the same time of
 * day, so that what has happened is the same whenever it is asked for.
 * @param startMs ms after midnight UTC
 * @returns `undefined` while all is well
 */
export function afflictionAt(time: number, startMs: number): Affliction | undefined {
  const since = (((time - startMs) % DAY_MS) + DAY_MS) % DAY_MS;
  if (since < DEGRADED_MS) {
    // Within the first third it gets as slow as it will be.
    return { phase: "degraded", slowdown: 1 + (WORST_SLOWDOWN - 1) * Math.min(1, (3 * since) / DEGRADED_MS) };
  }
  if (since < DEGRADED_MS + DOWN_MS) return { phase: "down", slowdown: WORST_SLOWDOWN };
  if (since >= INCIDENT_MS) return undefined;
  const left = (INCIDENT_MS - since) / RECOVERING_MS;
  return { phase: "recovering", slowdown: 1 + (WORST_SLOWDOWN / 2 - 1) * left };
}
