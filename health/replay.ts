import type { HealthRun } from "../events/health-run.ts";
import { DAY_MS } from "../events/time.ts";
import type { PulseReader } from "../storage/ports.ts";
import type { Span } from "../storage/span.ts";
import { floorTo } from "../storage/tiers.ts";
import { CELL_MS, type HealthCell, HealthCells } from "./cell.ts";
import type { ServiceSettings } from "./service-settings.ts";
import { judge, LOOKBACK_MS, type TimelineState, withJudged } from "./timeline.ts";

export interface ReplayOptions {
  reader: Pick<PulseReader, "measures">;
  service: string;
  span: Span;
  /** When PulseMesh itself stored nothing. */
  blind: readonly Span[];
  signal?: AbortSignal;
}

interface Track {
  settings: ServiceSettings;
  runs: HealthRun[];
  state: TimelineState | undefined;
  cells: HealthCell[];
}

/**
 * Judges the pulses of a span by several settings, as if nothing was known before it: the runs by each. Reads them once, day by day.
 * @throws {StoreError}
 */
export async function replay(options: ReplayOptions, settings: readonly ServiceSettings[]): Promise<HealthRun[][]> {
  const { reader, service, span, blind, signal } = options;
  const tracks = settings.map((one): Track => ({ settings: one, runs: [], state: undefined, cells: [] }));
  for (let from = floorTo(CELL_MS, span.from); from < span.to; from += DAY_MS) {
    const to = Math.min(from + DAY_MS, span.to);
    const counted = tracks.map((track) => new HealthCells(track.settings.healthOfStatus));
    for await (const measures of reader.measures(service, { from, to })) {
      signal?.throwIfAborted();
      for (const cells of counted) for (const [time, , status] of measures) cells.add(time, status);
    }
    for (const [i, track] of tracks.entries()) {
      const recent = track.cells.filter(({ start }) => start >= from - LOOKBACK_MS);
      track.cells = [...recent, ...(counted[i]?.list() ?? [])];
      const judged = judge({ settings: track.settings, state: track.state, cells: track.cells, until: to, blind });
      track.runs = withJudged(track.runs, judged);
      track.state = judged.states.at(-1);
    }
  }
  return tracks.map(({ runs }) => runs);
}
