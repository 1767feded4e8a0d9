import { type Health, healthOf } from "./health.ts";
import { FORGOTTEN_AFTER_MS, lateAfterMs } from "./lateness.ts";

/** How a service is: as its newest pulse said, unless it has been silent for too long. */
export type ServiceHealth = Health | "late";

/** From the one that somebody must look at first to the one that nobody has to. */
export const SERVICE_HEALTHS: readonly ServiceHealth[] = ["down", "late", "degraded", "unknown", "up"];

/** What a service's health is told from. */
export interface LastSign {
  /** Of its newest pulse. */
  status: string;
  /** Epoch ms of its newest pulse. */
  event_time: number;
  /** Set, or learnt as lateness.ts says; `undefined` when neither. */
  usualPeriodMs: number | undefined;
}

/**
 * The health of a service at a moment (epoch ms): the one rule for the API, the page, badges and live streams, and what
 * the alerts' rules say in PromQL. Silence weighs more than what the newest pulse said: a service that was down and has
 * gone silent is late.
 */
export function serviceHealthOf({ status, event_time, usualPeriodMs }: LastSign, now: number): ServiceHealth {
  const silentMs = now - event_time;
  if (usualPeriodMs === undefined) return silentMs > FORGOTTEN_AFTER_MS ? "unknown" : healthOf(status);
  return silentMs > lateAfterMs(usualPeriodMs) ? "late" : healthOf(status);
}
