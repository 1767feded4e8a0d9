import { DAY_MS } from "../../events/time.ts";

/** What the incident does to its service at a moment. */
export interface IncidentEffect {
  phase: "degraded" | "down" | "recovering";
  /** The factor of all latencies. */
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
 * The daily incident: the service gets slower until it is down, and recovers. It comes at the same time every day, so that
 * the past is the same in every run.
 * @param startMs ms after midnight UTC
 * @returns `undefined` outside the incident
 */
export function incidentAt(time: number, startMs: number): IncidentEffect | undefined {
  const since = (((time - startMs) % DAY_MS) + DAY_MS) % DAY_MS;
  if (since < DEGRADED_MS) {
    // The service is slowest after a third of this phase.
    return { phase: "degraded", slowdown: 1 + (WORST_SLOWDOWN - 1) * Math.min(1, (3 * since) / DEGRADED_MS) };
  }
  if (since < DEGRADED_MS + DOWN_MS) return { phase: "down", slowdown: WORST_SLOWDOWN };
  if (since >= INCIDENT_MS) return undefined;
  const left = (INCIDENT_MS - since) / RECOVERING_MS;
  return { phase: "recovering", slowdown: 1 + (WORST_SLOWDOWN / 2 - 1) * left };
}
