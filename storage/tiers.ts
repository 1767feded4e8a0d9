import { DAY_MS } from "../events/time.ts";

const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** The steps of time that have rollups, in ms. Each divides the next, and all begin with the epoch: days are those of UTC. */
export const TIERS = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS } as const;
export type Tier = keyof typeof TIERS;

/** Rollups of minutes make the answers about the last day cheap. Older ones are dropped: hours are cheap enough then. */
export const MINUTES_KEPT_MS = 2 * DAY_MS;

/** The latest whole step at or before a time. */
export function floorTo(stepMs: number, time: number): number {
  return Math.floor(time / stepMs) * stepMs;
}
