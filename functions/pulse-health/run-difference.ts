import type { HealthRun } from "../../events/health-run.ts";

/** From when on (epoch ms) runs differ from those that are kept; `undefined` where they do not. */
export function differsFrom(runs: readonly HealthRun[], allKept: readonly HealthRun[]): number | undefined {
  const oldest = runs[0]?.since;
  if (oldest === undefined) return undefined;
  const kept = allKept.filter(({ since }) => since >= oldest);
  for (let i = 0; i < Math.max(kept.length, runs.length); i++) {
    const [one, other] = [runs[i], kept[i]];
    if (one === undefined || other === undefined || !isSameRun(one, other)) {
      // A change holds at least one run, also where the last ones are to go.
      const last = runs.at(-1)?.since ?? oldest;
      return Math.min(one?.since ?? last, other?.since ?? last, last);
    }
  }
  return undefined;
}

function isSameRun(a: HealthRun, b: HealthRun): boolean {
  return a.since === b.since && a.health === b.health && a.confirmedAt === b.confirmedAt && a.cause === b.cause;
}
