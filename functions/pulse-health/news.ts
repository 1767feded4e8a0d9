import type { HealthNews } from "../../events/health-event.ts";
import type { HealthRun } from "../../events/health-run.ts";
import type { ToldRun } from "../../storage/health-ports.ts";

/** News, and what to note once the broker has it. */
export interface Untold {
  news: HealthNews;
  told: ToldRun;
}

/**
 * What is to be told of a service, in the order of time: a function of what is kept alone, so that every keeper finds the same.
 * @param runs oldest first; what was known before `from` (epoch ms) was never told
 */
export function untoldOf(
  service: string,
  { runs, told, from }: { runs: readonly HealthRun[]; told: readonly ToldRun[]; from: number },
): Untold[] {
  const untold: Untold[] = [];
  const byTime = new Map(told.map((one) => [one.since, one]));
  const lastTold = told.at(-1)?.since ?? Number.NEGATIVE_INFINITY;
  const known = runs.filter(({ confirmedAt }) => confirmedAt >= from).map(({ since }) => since);
  const times = new Set([...known, ...byTime.keys()]);
  for (const since of [...times].sort((a, b) => a - b)) {
    const before = byTime.get(since);
    const at = runs.findLast((run) => run.since <= since);
    const health = at?.since === since ? at.health : undefined;
    if (before === undefined ? health === undefined : before.health === health) continue;
    const isRevised = before !== undefined || since < lastTold;
    const previous = isRevised
      ? told.findLast((one) => one.since <= since && one.health !== undefined)?.health
      : runs.findLast((run) => run.since < since)?.health;
    const revision = before === undefined ? 0 : before.revision + 1;
    untold.push({
      news: { service, since, run: at, previous, isRevised, revision },
      told: { since, health, revision },
    });
  }
  return untold;
}
