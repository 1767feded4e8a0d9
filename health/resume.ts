import type { HealthRun } from "../events/health-run.ts";
import type { HealthCell } from "./cell.ts";
import type { Memory } from "./memory.ts";
import { learn, type PeriodState } from "./period.ts";
import { LOOKBACK_MS, type TimelineState } from "./timeline.ts";

export interface ResumeOptions {
  /** Epoch ms: what was before it is gone, or too much to read. */
  from: number;
  /** Epoch ms: until when the service may be judged, as a whole cell. */
  until: number;
  /** The pulses from then on. */
  cells: readonly HealthCell[];
  /** The runs that are kept of the {@link LOOKBACK_MS} from then on: the first may begin before it. */
  kept: readonly HealthRun[];
  memory: Memory;
}

/**
 * The state from which to go on where pulses that were judged cannot be read any more: as it is kept, once a window of pulses is known.
 * What was judged before stays, and the service does not begin once more. `undefined` of one that did not pulse before.
 */
export function resume({ from, until, cells, kept, memory }: ResumeOptions): TimelineState | undefined {
  if (kept[0] === undefined || kept[0].since >= from) return undefined;
  const judgedUntil = Math.min(from + LOOKBACK_MS, until);
  const runs = kept.filter(({ confirmedAt }, i) => i === 0 || confirmedAt <= judgedUntil).slice(-2);
  const { health, since } = runs.at(-1) as HealthRun;
  const state: TimelineState = { judgedUntil, isSilent: health === "late" || health === "unknown", runs };
  let period: PeriodState | undefined;
  for (const cell of cells) {
    if (cell.start >= judgedUntil) break;
    period = learn(period, cell);
    [state.newest] = cell.newest();
    if (cell.lastTime >= since) state.isSilent = false;
  }
  if (period === undefined) return state;
  const learnt = period.learnt ?? memory[0]?.period?.learnt;
  return { ...state, period: learnt === undefined ? period : { ...period, learnt } };
}
