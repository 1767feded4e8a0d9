// For tests: pulses by seconds, and the runs that they make.
import type { HealthRun } from "../../events/health-run.ts";
import type { Span } from "../../storage/span.ts";
import { HealthCells } from "../cell.ts";
import type { RuleSettings } from "../rule.ts";
import { judge } from "../timeline.ts";

export type Pulse = readonly [time: number, status: string];

/** All times begin here. */
export const START = Date.UTC(2026, 11, 1);

export interface Judging {
  /** Seconds; by default a day after the last pulse. */
  until?: number;
  settings?: RuleSettings;
  /** In seconds. */
  blind?: Span[];
}

/** Every so many seconds from a second on, up to another. */
export function every(seconds: number, from: number, to: number, status: string | ((i: number) => string)): Pulse[] {
  const count = Math.ceil((to - from) / seconds);
  return Array.from({ length: count }, (_, i) => [from + i * seconds, typeof status === "string" ? status : status(i)]);
}

/** The runs of pulses, whose times are seconds from {@link START}. */
export function runsOf(pulses: readonly Pulse[], { until, settings = {}, blind = [] }: Judging = {}): HealthRun[] {
  const cells = new HealthCells();
  for (const [time, status] of pulses) cells.add(START + time * 1000, status);
  const last = pulses.reduce((latest, [time]) => Math.max(latest, time), 0);
  return judge({
    settings,
    state: undefined,
    cells: cells.list(),
    until: START + (until ?? last + 10) * 1000,
    blind: blind.map(({ from, to }) => ({ from: START + from * 1000, to: START + to * 1000 })),
  }).runs;
}

/** Each run as `down since 60, known 130: 2 of 3 pulses said 503`, in seconds. */
export function inWords(runs: readonly HealthRun[]): string[] {
  const seconds = (time: number) => (time - START) / 1000;
  return runs.map(
    ({ health, since, confirmedAt, cause }) =>
      `${health} since ${seconds(since)}, known ${seconds(confirmedAt)}: ${cause}`,
  );
}
