import type { ServiceHealth } from "./service-health.ts";

/** A stretch of time in which the health of a service did not change. It ends where the next begins. */
export interface HealthRun {
  /** Epoch ms: the time of the run's first pulse; of silence, when the pulse that did not come was due. */
  since: number;
  health: ServiceHealth;
  /** Epoch ms, never before `since`: when it was known, by the pulses' own times. */
  confirmedAt: number;
  /** In words, for people: `8 of 10 pulses said 503`. */
  cause: string;
}
