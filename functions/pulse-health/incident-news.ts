import type { HealthNews } from "../../events/health-event.ts";
import type { IncidentNews } from "../../events/incident-event.ts";
import type { ServiceHealth } from "../../events/service-health.ts";
import { BAD_HEALTHS, incidentsOf } from "../../health/incidents.ts";
import type { ToldRun } from "../../storage/health-ports.ts";

/**
 * Whether news bring a service into trouble or out of it, as those see it who were told of it: a function of what was told alone. What is
 * revised of the past is told only where it changes the end. That nothing is known any more ends no trouble.
 * @param told what was told before, oldest first
 * @param since of the run before the news (epoch ms), for trouble that was told of longer ago than `told` goes back
 */
export function incidentNewsOf(
  { news, told: one }: { news: HealthNews; told: ToldRun },
  told: readonly ToldRun[],
  since = news.since,
): IncidentNews | undefined {
  const after = withTold(told, one);
  const isBad = endOf(after) ?? false;
  const wasBad = endOf(told) ?? (!news.isRevised && isBadHealth(news.previous));
  if (isBad === wasBad) return undefined;
  const incident = incidentsOf(knownOf(isBad ? after : told)).at(-1);
  return { kind: isBad ? "detected" : "resolved", incidentSince: incident?.since ?? since, news };
}

/** What was told once one more was. */
export function withTold(told: readonly ToldRun[], one: ToldRun): ToldRun[] {
  return [...told.filter(({ since }) => since !== one.since), one].sort((a, b) => a.since - b.since);
}

/** Whether what was told ends in trouble; `undefined` where nothing was. */
function endOf(told: readonly ToldRun[]): boolean | undefined {
  const last = knownOf(told).at(-1);
  return last && isBadHealth(last.health);
}

function knownOf(told: readonly ToldRun[]) {
  return told.flatMap(({ since, health }) =>
    health === undefined || health === "unknown" ? [] : [{ since, health, confirmedAt: since, cause: "" }],
  );
}

function isBadHealth(health: ServiceHealth | undefined): boolean {
  return (BAD_HEALTHS as readonly (ServiceHealth | undefined)[]).includes(health);
}
