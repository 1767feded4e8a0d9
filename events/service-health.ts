import type { Health } from "./health.ts";

/** How a service is, as pulse-health judges: what its pulses say, or `late` when it has been silent for too long. */
export type ServiceHealth = Health | "late";

/** By urgency: `down` needs a look first, `up` needs none. */
export const SERVICE_HEALTHS: readonly ServiceHealth[] = ["down", "late", "degraded", "unknown", "up"];

/** A health as the number that metrics have. */
export const HEALTH_CODES: Readonly<Record<ServiceHealth, number>> = {
  up: 0,
  degraded: 1,
  down: 2,
  late: 3,
  unknown: 4,
};
