import type { HealthNews } from "../../events/health-event.ts";
import type { HealthRun } from "../../events/health-run.ts";
import type { IncidentNews } from "../../events/incident-event.ts";
import type { ServiceHealth } from "../../events/service-health.ts";
import type { ToldRun } from "../../storage/health-ports.ts";
import { afterTold, incidentNewsOf, isKnown, NOTHING_TOLD } from "./incident-news.ts";

/** News, and what to note once the broker has it. */
export interface Untold {
  news: HealthNews;
  told: ToldRun;
  /** Where the news bring the service into trouble or out of it. */
  incident: IncidentNews | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * What is to be told of a service, in the order of time: a function of what is kept alone, so that every keeper finds the same, however
 * much of it another has told. A step for each run and for each that was told: a service that flaps has tens of thousands.
 * @param runs oldest first; what was known before `from` (epoch ms) was never told
 * @param told oldest first
 */
export function* untoldOf(
  service: string,
  { runs, told, from }: { runs: readonly HealthRun[]; told: readonly ToldRun[]; from: number },
): Generator<Untold> {
  const lastTold = told.at(-1)?.since ?? Number.NEGATIVE_INFINITY;
  const lastKnown = told.findLast(({ health }) => isKnown(health))?.since ?? Number.NEGATIVE_INFINITY;
  let [nextRun, nextTold] = [0, 0];
  let run: HealthRun | undefined;
  // What was told of the time before the moment, once all before it is told.
  let said: ServiceHealth | undefined;
  let trouble = NOTHING_TOLD;
  while (nextRun < runs.length || nextTold < told.length) {
    const [runSince, toldSince] = [runs[nextRun]?.since ?? NEVER, told[nextTold]?.since ?? NEVER];
    const since = Math.min(runSince, toldSince);
    const begins = runSince === since ? runs[nextRun++] : undefined;
    const before = toldSince === since ? told[nextTold++] : undefined;
    const runBefore = run;
    run = begins ?? run;
    if (before === undefined && begins !== undefined && begins.confirmedAt < from) continue;
    const health = begins?.health;
    const troubleBefore = before === undefined ? trouble : afterTold(trouble, before);
    const one: ToldRun = { since, health, revision: before === undefined ? 0 : before.revision + 1 };
    trouble = afterTold(trouble, one);
    if (before === undefined || before.health !== health) {
      const isRevised = before !== undefined || since < lastTold;
      const previous = isRevised ? (before?.health ?? said) : runBefore?.health;
      const news: HealthNews = { service, since, run, previous, isRevised, revision: one.revision };
      // What was told of later says how the service is.
      const incident =
        since < lastKnown ? undefined : incidentNewsOf(news, troubleBefore, trouble, runBefore?.since ?? since);
      yield { news, told: one, incident };
    }
    said = health ?? said;
  }
}
