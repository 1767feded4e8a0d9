import type { ServiceHealth } from "../events/service-health.ts";

/** The health that `serviceHealthOf` tells, as the number that rules record. */
export const HEALTH_CODES: Readonly<Record<ServiceHealth, number>> = {
  up: 0,
  degraded: 1,
  down: 2,
  late: 3,
  unknown: 4,
};

/** The colours of health, the same in every panel. */
export const HEALTH_COLORS: Readonly<Record<ServiceHealth, string>> = {
  up: "green",
  degraded: "yellow",
  down: "red",
  late: "purple",
  unknown: "gray",
};
