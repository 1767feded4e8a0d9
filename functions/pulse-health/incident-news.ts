import type { HealthNews } from "../../events/health-event.ts";
import type { IncidentNews } from "../../events/incident-event.ts";
import type { ServiceHealth } from "../../events/service-health.ts";
import { BAD_HEALTHS, ONE_INCIDENT_MS } from "../../health/incidents.ts";
import type { ToldRun } from "../../storage/health-ports.ts";

/** How a service is, as those see it who were told of it. */
export interface ToldTrouble {
  /** `undefined` where nothing was told. */
  isBad: boolean | undefined;
  /** Epoch ms: when its newest incident began; `undefined` where none was told of. */
  since: number | undefined;
  /** Epoch ms: the end of that; `undefined` while it lasts. */
  until: number | undefined;
}

export const NOTHING_TOLD: ToldTrouble = { isBad: undefined, since: undefined, until: undefined };

/** How it is once one more was told, in the order of time. Incidents are as in health/incidents.ts. */
export function afterTold(trouble: ToldTrouble, { since, health }: Pick<ToldRun, "since" | "health">): ToldTrouble {
  if (!isKnown(health)) return trouble;
  if (!isBadHealth(health)) return { ...trouble, isBad: false, until: trouble.isBad ? since : trouble.until };
  const isAnother = trouble.until !== undefined && since - trouble.until >= ONE_INCIDENT_MS;
  return { isBad: true, since: isAnother ? since : (trouble.since ?? since), until: undefined };
}

/**
 * Whether news bring a service into trouble or out of it, as those see it who were told of it: a function of what was told alone. What is
 * revised of the past is told only where it changes the end. That nothing is known any more ends no trouble.
 * @param before how it was by what was told before, and `after` how it is by the news; nothing known was told of later
 * @param since of the run before the news (epoch ms), for trouble that was told of longer ago than is known
 */
export function incidentNewsOf(
  news: HealthNews,
  before: ToldTrouble,
  after: ToldTrouble,
  since: number,
): IncidentNews | undefined {
  const isBad = after.isBad ?? false;
  const wasBad = before.isBad ?? (!news.isRevised && isBadHealth(news.previous));
  if (isBad === wasBad) return undefined;
  return {
    kind: isBad ? "detected" : "resolved",
    incidentSince: (isBad ? after : before).since ?? since,
    news,
  };
}

/** Whether it says how a service was. */
export function isKnown(health: ServiceHealth | undefined): health is Exclude<ServiceHealth, "unknown"> {
  return health !== undefined && health !== "unknown";
}

function isBadHealth(health: ServiceHealth | undefined): boolean {
  return (BAD_HEALTHS as readonly (ServiceHealth | undefined)[]).includes(health);
}
