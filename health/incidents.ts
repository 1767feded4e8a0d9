import type { HealthRun } from "../events/health-run.ts";
import type { ServiceHealth } from "../events/service-health.ts";
import type { Span } from "../storage/span.ts";
import { outside, united } from "./spans.ts";

/** What went wrong with a service without a pause of more than a few minutes. */
export interface Incident {
  /** Epoch ms. */
  since: number;
  /** Epoch ms: its end; `undefined` while it lasts. */
  until: number | undefined;
  /** The worst that happened. */
  health: BadHealth;
  /** All that is known to have happened, oldest first. */
  runs: HealthRun[];
}

export type BadHealth = (typeof BAD_HEALTHS)[number];

/** What makes an incident, the worst first. */
export const BAD_HEALTHS = ["down", "late", "degraded"] as const satisfies readonly ServiceHealth[];

/** What is well for less is no end of an incident. */
export const ONE_INCIDENT_MS = 5 * 60_000;

/** A service changes more often than so many times in an hour: it flaps. */
export const STEADY_CHANGES = 4;
const FLAPPING_WITHIN_MS = 3_600_000;

/**
 * The incidents of a service, oldest first: its runs of being down, late or degraded, those of which that are less than five minutes
 * apart as one. That nothing is known ends none. What happens in maintenance is none.
 */
export function incidentsOf(runs: readonly HealthRun[], maintenance: readonly Span[] = []): Incident[] {
  const incidents: Incident[] = [];
  const known = runs.filter(({ health }) => health !== "unknown");
  for (const [i, run] of known.entries()) {
    const { health, since } = run;
    if (!isBad(health)) continue;
    const to = known[i + 1]?.since ?? Number.POSITIVE_INFINITY;
    for (const span of outside({ from: since, to }, maintenance)) {
      const until = span.to === Number.POSITIVE_INFINITY ? undefined : span.to;
      const last = incidents.at(-1);
      if (last?.until === undefined || span.from - last.until >= ONE_INCIDENT_MS) {
        incidents.push({ since: span.from, until, health, runs: [run] });
        continue;
      }
      last.until = until;
      if (last.runs.at(-1) !== run) last.runs.push(run);
      if (BAD_HEALTHS.indexOf(health) < BAD_HEALTHS.indexOf(last.health)) last.health = health;
    }
  }
  return incidents;
}

/** Whether runs begin with an end: no incident of theirs began before them. */
export function beginWell([first, next]: readonly HealthRun[]): boolean {
  return first?.health === "up" && (next === undefined || next.since - first.since >= ONE_INCIDENT_MS);
}

function isBad(health: ServiceHealth): health is BadHealth {
  return (BAD_HEALTHS as readonly ServiceHealth[]).includes(health);
}

/** When a service flapped, by the times at which its changes were known: each stretch is worth telling once. */
export function flappingSpans(runs: readonly HealthRun[]): Span[] {
  // Its first run is no change.
  const times = runs.slice(1).map(({ confirmedAt }) => confirmedAt);
  return united(
    times.slice(STEADY_CHANGES).map((to, i) => ({ from: to, to: (times[i] as number) + FLAPPING_WITHIN_MS })),
  );
}
