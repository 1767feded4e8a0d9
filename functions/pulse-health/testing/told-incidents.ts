import type { HealthRun } from "../../../events/health-run.ts";
import type { IncidentNews } from "../../../events/incident-event.ts";
import type { ToldRun } from "../../../storage/health-ports.ts";
import { untoldOf } from "../news.ts";

export const MINUTE = 60_000;

/** Runs that begin at some minutes. */
export function runsAt(...all: [minute: number, health: HealthRun["health"]][]): HealthRun[] {
  return all.map(([minute, health]) => {
    const since = minute * MINUTE;
    return { since, health, confirmedAt: since + 10_000, cause: "2 of 2 pulses said 503" };
  });
}

/** Tells all that is new of a service, as the announcer does. @param before what was told before */
export function tellIncidents(
  runs: readonly HealthRun[],
  { service = "checkout", before = [] }: { service?: string; before?: readonly ToldRun[] } = {},
): { incidents: IncidentNews[]; told: readonly ToldRun[] } {
  const all = [...untoldOf(service, { runs, told: before, from: 0 })];
  const told = new Map([...before, ...all.map((one) => one.told)].map((one) => [one.since, one]));
  return {
    incidents: all.flatMap(({ incident }) => incident ?? []),
    told: [...told.values()].sort((a, b) => a.since - b.since),
  };
}
