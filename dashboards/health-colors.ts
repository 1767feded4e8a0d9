import type { ServiceHealth } from "../events/service-health.ts";

/** The colours of health, the same in every panel. */
export const HEALTH_COLORS: Readonly<Record<ServiceHealth, string>> = {
  up: "green",
  degraded: "yellow",
  down: "red",
  late: "purple",
  unknown: "gray",
};
