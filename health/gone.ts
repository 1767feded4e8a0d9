// When a service is no more: its last pulse has outlived the retention, no list shows it, and nobody judges it.
import type { HealthRun } from "../events/health-run.ts";
import type { KeptMemory } from "../storage/health-ports.ts";
import { newestPulseOf } from "./memory.ts";

export interface GoneOptions {
  /** The newest run of the service. */
  run: HealthRun;
  memory: KeptMemory | undefined;
  /** Epoch ms: until when every service is judged; 0 while none is. */
  judgedUntil: number;
  retentionMs: number;
}

/** Epoch ms: since when a service is gone; `undefined` of one that is there, as far as is judged. */
export function goneSince({ run, memory, judgedUntil, retentionMs }: GoneOptions): number | undefined {
  // What is remembered expires before a run that lasts: it is renewed with the last pulse, and the run until the service is gone.
  const newest = (memory && newestPulseOf(memory)) ?? run.since;
  const since = Math.max(newest + retentionMs, run.since + 1);
  return since <= judgedUntil ? since : undefined;
}

/** Runs of a service that may be gone: then the last of them has ended, and nothing is known of what comes after it. */
export function withEnd(runs: readonly HealthRun[], options: Omit<GoneOptions, "run">): HealthRun[] {
  const run = runs.at(-1);
  const since = run && goneSince({ ...options, run });
  if (since === undefined || run?.health === "unknown") return [...runs];
  return [...runs, { since, health: "unknown", confirmedAt: since, cause: "no pulse within the retention" }];
}
