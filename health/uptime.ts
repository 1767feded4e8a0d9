import type { HealthRun } from "../events/health-run.ts";
import { SERVICE_HEALTHS, type ServiceHealth } from "../events/service-health.ts";
import type { Span } from "../storage/span.ts";
import { lengthWithin, outside } from "./spans.ts";

/** How a service was over a span: time, not a share of pulses. */
export interface Uptime {
  /** In ms; all of them and `maintenanceMs` add up to the span. */
  lasted: Record<ServiceHealth, number>;
  /** Whatever the service was like then. */
  maintenanceMs: number;
  /** (up + degraded) / (up + degraded + down + late), from 0 to 1; `null` where nothing is known. */
  uptime: number | null;
  /** The known part of the time outside of maintenance, from 0 to 1; `null` where all of it is maintenance. */
  coverage: number | null;
}

export interface UptimeOptions {
  span: Span;
  /** Oldest first; those that touch the span at least. Before the first of them nothing is known. */
  runs: readonly HealthRun[];
  /** Epoch ms: what comes later is not known. */
  judgedUntil: number;
  maintenance?: readonly Span[];
}

/** How long a service was up, degraded, down, late and unknown in a span. */
export function uptimeOf({ span, runs, judgedUntil, maintenance = [] }: UptimeOptions): Uptime {
  const watched = outside(span, maintenance);
  const lengthMs = Math.max(0, span.to - span.from);
  const watchedMs = watched.reduce((sum, { from, to }) => sum + to - from, 0);
  const lasted = Object.fromEntries(SERVICE_HEALTHS.map((health) => [health, 0])) as Uptime["lasted"];
  for (const [i, { since, health }] of runs.entries()) {
    const to = Math.min(runs[i + 1]?.since ?? judgedUntil, judgedUntil);
    lasted[health] += lengthWithin({ from: since, to }, watched);
  }
  const toldMs = SERVICE_HEALTHS.reduce((sum, health) => sum + lasted[health], 0);
  lasted.unknown += watchedMs - toldMs;
  const knownMs = watchedMs - lasted.unknown;
  return {
    lasted,
    maintenanceMs: lengthMs - watchedMs,
    uptime: knownMs === 0 ? null : (lasted.up + lasted.degraded) / knownMs,
    coverage: watchedMs === 0 ? null : knownMs / watchedMs,
  };
}
