import type { Health } from "../events/health.ts";
import { CELL_MS, type HealthCell } from "./cell.ts";

/** The longest window: what is judged may depend on no older cell. */
export const MAX_WINDOW_MS = 15 * 60_000;
/** The shortest, where no hundred pulses come in 20 s. */
export const MIN_WINDOW_MS = 60_000;
const WINDOW_PERIODS = 3;

/** Where so many pulses come in two cells, these alone decide: a change of many shows within half a minute. */
const MANY = 100;
const SHORT_WINDOW_MS = 2 * CELL_MS;

/** So many in one cell tell a tenth that fails from a twentieth. Of a hundred, one cell in 35 would take the one for the other. */
const MANY_IN_A_CELL = 1000;

/** The sums of some cells. */
export interface WindowSums {
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  /** How many tell something. */
  telling: number;
}

/** The cells that decide at the end of the newest of `cells`, which are in order. */
export function windowOf(cells: readonly HealthCell[], usualPeriodMs: number | undefined): HealthCell[] {
  const short = since(cells, SHORT_WINDOW_MS);
  if (short.reduce((sum, { count }) => sum + count, 0) >= MANY) return short;
  const wished = usualPeriodMs === undefined ? MAX_WINDOW_MS : WINDOW_PERIODS * usualPeriodMs;
  const bounded = Math.min(Math.max(wished, MIN_WINDOW_MS), MAX_WINDOW_MS);
  return since(cells, Math.ceil(bounded / CELL_MS) * CELL_MS);
}

/** The newest cell of a short window where it may decide without the one before it. */
export function newestAlone(window: readonly HealthCell[]): HealthCell[] | undefined {
  const newest = window.slice(-1);
  return window.length === 2 && (newest[0]?.count ?? 0) >= MANY_IN_A_CELL ? newest : undefined;
}

/** A window, and a minute at least: in a short window the change is hardly in it any more. */
export function wholeWindowOf(cells: readonly HealthCell[], window: readonly HealthCell[]): readonly HealthCell[] {
  const whole = since(cells, MIN_WINDOW_MS);
  return whole.length > window.length ? whole : window;
}

/** The cells that begin within a time before `end` (epoch ms), which is that of the newest unless given. */
export function since(cells: readonly HealthCell[], windowMs: number, end = cells.at(-1)?.end ?? 0): HealthCell[] {
  let from = cells.length;
  while (from > 0 && (cells[from - 1] as HealthCell).start >= end - windowMs) from--;
  return cells.slice(from);
}

export function sumsOf(cells: readonly HealthCell[]): WindowSums {
  let [up, degraded, down, unknown] = [0, 0, 0, 0];
  for (const cell of cells) {
    up += cell.countOf("up");
    degraded += cell.countOf("degraded");
    down += cell.countOf("down");
    unknown += cell.countOf("unknown");
  }
  return { up, degraded, down, unknown, telling: up + degraded + down };
}

/** How often each status was said that means one of some healths; the most frequent first. */
export function saidIn(cells: readonly HealthCell[], healths: readonly Health[]): [status: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { said } of cells) {
    for (const { status, health, count } of said)
      if (healths.includes(health)) counts.set(status, (counts.get(status) ?? 0) + count);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}
