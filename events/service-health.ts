import { type Health, healthOf } from "./health.ts";
import { FORGOTTEN_AFTER_MS, lateAfterMs } from "./lateness.ts";

/** What a service's newest pulse said, or `late` when the service has been silent for too long. */
export type ServiceHealth = Health | "late";

/** By urgency: `down` needs a look first, `up` needs none. */
export const SERVICE_HEALTHS: readonly ServiceHealth[] = ["down", "late", "degraded", "unknown", "up"];

/** What decides a service's health. */
export interface LastSign {
  /** Of its newest pulse. */
  status: string;
  /** Epoch ms of its newest pulse. */
  event_time: number;
  /** Set, or learnt (see lateness.ts); `undefined` when neither. */
  usualPeriodMs: number | undefined;
}

/**
 * The health of a service at a moment (epoch ms): the one rule for the API, the page, badges and live streams. The alerts
 * say the same in PromQL. Silence outweighs the newest pulse: a service that was down and has gone silent is late.
 */
export function serviceHealthOf({ status, event_time, usualPeriodMs }: LastSign, now: number): ServiceHealth {
  const silentMs = now - event_time;
  if (usualPeriodMs === undefined) return silentMs > FORGOTTEN_AFTER_MS ? "unknown" : healthOf(status);
  return silentMs > lateAfterMs(usualPeriodMs) ? "late" : healthOf(status);
}

/** A health as the number that metrics have. */
export const HEALTH_CODES: Readonly<Record<ServiceHealth, number>> = {
  up: 0,
  degraded: 1,
  down: 2,
  late: 3,
  unknown: 4,
};
