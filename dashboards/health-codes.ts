import type { Health } from "../events/health.ts";

/** A service's health as a number, as rules record it and panels colour it: its newest pulse's, or `late`. */
export const HEALTH_CODES: Readonly<Record<Health | "late", number>> = {
  up: 0,
  degraded: 1,
  down: 2,
  late: 3,
  unknown: 4,
};

/** The colours of health, the same in every panel. */
export const HEALTH_COLORS: Readonly<Record<Health | "late", string>> = {
  up: "green",
  degraded: "yellow",
  down: "red",
  late: "purple",
  unknown: "gray",
};
