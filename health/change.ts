import type { Health } from "../events/health.ts";
import type { HealthRun } from "../events/health-run.ts";
import type { HealthCell } from "./cell.ts";
import { BAD, type RuleSettings, shareOf } from "./rule.ts";
import { sumsOf } from "./window.ts";

export interface Change {
  health: Health;
  /** What decided, or somewhat more: see `wholeWindowOf`. */
  window: readonly HealthCell[];
  /** How the service was. */
  run: HealthRun;
  settings: RuleSettings;
}

const RANKS: Readonly<Record<string, number>> = { down: 2, degraded: 1, up: 0 };

/**
 * Epoch ms since when a service is as it was found: the first pulse of the part of the window that speaks most for it. Of pulses
 * weighed against the share that decides, the weight of all that came since is then the greatest.
 */
export function changeAt({ health, window, run, settings }: Change): number {
  const cells = window.filter(({ end }) => end > run.since);
  const [rank, formerRank] = [RANKS[health], RANKS[run.health]];
  if (rank === undefined || formerRank === undefined) return firstOf(cells, [health]);
  const isWorse = rank > formerRank;
  // What is entered is weighed, or what is left.
  const weighed = isWorse ? health : run.health;
  if (weighed !== "down" && weighed !== "degraded") return firstOf(cells, [health]);
  const share = shareOf(weighed, settings);
  let [best, sum, from] = [Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = cells.length - 1; i >= 0; i--) {
    const sums = sumsOf([cells[i] as HealthCell]);
    const weight = BAD[weighed](sums) - share * sums.telling;
    sum += isWorse ? weight : -weight;
    if (sum < best) continue;
    best = sum;
    from = i;
  }
  const part = cells.slice(from);
  const bad: Health[] = weighed === "down" ? ["down"] : ["down", "degraded"];
  const good: Health[] = weighed === "down" ? ["degraded", "up"] : ["up"];
  // The change may lie within a cell that speaks for how it was by the most of its pulses.
  const [begin] = part;
  const before = cells[from - 1]?.end === begin?.start ? cells[from - 1] : undefined;
  if (isWorse) {
    const isWithin = before !== undefined && firstIn(before, bad) > lastIn(before, good);
    return firstOf(isWithin ? [before, ...part] : part, bad);
  }
  if (before !== undefined && BAD[weighed](sumsOf([before])) > 0 && lastIn(before, good) > lastIn(before, bad)) {
    return lastIn(before, bad);
  }
  return Math.max(firstOf(part, good), begin === undefined ? 0 : lastIn(begin, bad));
}

function firstIn(cell: HealthCell, healths: readonly Health[]): number {
  return Math.min(...healths.map((health) => cell.firstOf(health)));
}

function lastIn(cell: HealthCell, healths: readonly Health[]): number {
  return Math.max(...healths.map((health) => cell.lastOf(health)));
}

/** The time of the first pulse with one of some healths. */
function firstOf(cells: readonly HealthCell[], healths: readonly Health[]): number {
  const time = Math.min(...cells.map((cell) => firstIn(cell, healths)));
  return Number.isFinite(time) ? time : (cells.at(-1)?.firstTime ?? 0);
}
