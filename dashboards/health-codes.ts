import type { ServiceHealth } from "../events/service-health.ts";

/** A service's health as a number, as rules record it and panels colour it: as `serviceHealthOf` tells it. */
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
