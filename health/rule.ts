// How a service is at the end of a cell: a function of the cells that came before, in the pulses' own time.
//
// Over a window of three usual periods, at least a minute and at most 15 minutes (20 s where a hundred pulses come in them):
// *down* when at least half of its pulses say so, and at least two; *degraded* when at least a tenth are down or degraded, and at
// least two. Such a state is left only when half of its share is undercut: two replicas of which one fails, or ten of which two
// fail, do not change with every pulse. Where a thousand pulses come in 10 s, these enter a state alone, if the 10 s before would keep
// it: trouble that began within a cell is told with the next one.
// Fewer than three pulses in the window: the newest decides of a service that pulses every ten minutes or less often, of one that
// was silent, and of one that is new; else two in a row do, and until then nothing changes.
// While no usual period is known, calm.ts has the way back.
// Pulses whose status tells nothing are not counted, unless there are no others.
import type { Health } from "../events/health.ts";
import type { ServiceHealth } from "../events/service-health.ts";
import type { HealthCell } from "./cell.ts";
import { type LearntPeriod, SELDOM_MS } from "./period.ts";
import { newestAlone, sumsOf, type WindowSums } from "./window.ts";

/** What a service's settings say of the rule. */
export interface RuleSettings {
  /** In place of what is learnt. */
  periodMs?: number;
  /** How long after a pulse was due the service is late. @default two periods and a minute, at most an hour */
  graceMs?: number;
  /** The share of the pulses in the window that makes a service down. @default 0.5 */
  downShare?: number;
  /** The share of those that are degraded or down that makes it degraded. @default 0.1 */
  degradedShare?: number;
  /** The fewest such pulses. @default 2 */
  leastPulses?: number;
}

/** What is judged, and what judged it. */
export interface Verdict {
  health: Health;
  /** Whether shares of the window decided, or its newest pulse, or its newest two. */
  by: "window" | "newest" | "pair";
  /** The cells that did, in order. */
  window: readonly HealthCell[];
}

export interface Judged {
  /** The cells that may decide, in order; the last one is judged. */
  window: readonly HealthCell[];
  /** The health of the newest pulse, and of the one before it; `undefined` where there is none. */
  newest: Health;
  before: Health | undefined;
  /** What it was judged last; `undefined` when the service is new, or was silent. */
  current: ServiceHealth | undefined;
  usualPeriodMs: number | undefined;
}

/** How many pulses decide by their shares. */
const ENOUGH = 3;
/** The way back needs a smaller share. */
const HELD_PART = 1 / 2;

const GRACE_PERIODS = 2;
const LEAST_GRACE_MS = 60_000;
const MOST_GRACE_MS = 3_600_000;

/** How many of a window's pulses are as bad as that. */
export const BAD = {
  down: ({ down }: Pick<WindowSums, "down">) => down,
  degraded: ({ down, degraded }: Pick<WindowSums, "down" | "degraded">) => down + degraded,
};

/** The share of bad pulses from which on a service is that bad. */
export function shareOf(health: keyof typeof BAD, { downShare = 0.5, degradedShare = 0.1 }: RuleSettings): number {
  return health === "down" ? downShare : degradedShare;
}

/** How a service is; `undefined` when that does not change what it was. */
export function verdictOf(judged: Judged, settings: RuleSettings): Verdict | undefined {
  const { window, newest, before, current, usualPeriodMs } = judged;
  const sums = sumsOf(window);
  if (sums.telling >= ENOUGH) return { ...byShares(window, current, settings), by: "window" };
  if (sums.telling === 0 && sums.unknown >= ENOUGH) return { health: "unknown", by: "window", window };
  if (sums.telling > 0 && newest === "unknown") return undefined;
  const last = window.slice(-1);
  const isSeldom = usualPeriodMs !== undefined && usualPeriodMs >= SELDOM_MS;
  if (isSeldom || current === undefined || before === undefined) return { health: newest, by: "newest", window: last };
  if (newest === before) return { health: newest, by: "pair", window: last };
  return isBad(newest) && isBad(before) ? { health: "degraded", by: "pair", window: last } : undefined;
}

/** Whether that is a health which pulses say, and not a good one. */
export function isBad(health: ServiceHealth | undefined): health is "down" | "degraded" {
  return health === "down" || health === "degraded";
}

function byShares(window: readonly HealthCell[], current: ServiceHealth | undefined, settings: RuleSettings) {
  const newest = newestAlone(window);
  for (const health of ["down", "degraded"] as const) {
    if (isAsBadAs(health, window, current, settings)) return { health, window };
    const isRisen = newest !== undefined && isAsBadAs(health, newest, current, settings);
    if (isRisen && isAsBadAs(health, window.slice(0, -1), health, settings)) return { health, window: newest };
  }
  return { health: "up" as const, window };
}

function isAsBadAs(
  health: keyof typeof BAD,
  cells: readonly HealthCell[],
  current: ServiceHealth | undefined,
  settings: RuleSettings,
): boolean {
  const isHeld = current === "down" || current === health;
  const share = shareOf(health, settings) * (isHeld ? HELD_PART : 1);
  const least = isHeld ? 1 : (settings.leastPulses ?? 2);
  const sums = sumsOf(cells);
  const bad = BAD[health](sums);
  return bad >= least && bad >= share * sums.telling;
}

/** When silence is too long. */
export interface Patience {
  /** After the last pulse, the next is due. */
  dueMs: number;
  /** After the last pulse, the service is late. */
  lateMs: number;
}

/** `undefined` while no period is set or learnt. */
export function patienceOf(learnt: LearntPeriod | undefined, settings: RuleSettings): Patience | undefined {
  const { periodMs } = settings;
  const period = periodMs === undefined ? learnt : { usualMs: periodMs, longestMs: periodMs };
  if (period === undefined) return undefined;
  const { usualMs, longestMs } = period;
  const graceMs = settings.graceMs ?? Math.min(GRACE_PERIODS * usualMs + LEAST_GRACE_MS, MOST_GRACE_MS);
  return { dueMs: usualMs, lateMs: longestMs + graceMs };
}
