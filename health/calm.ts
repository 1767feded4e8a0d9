// The way back of a service whose usual period is not known. Its window is the longest, and few pulses are in it: one bad pulse of
// three or four would hold a state for all of that time, and silence would for a day.
// So the service is up again once a minute has passed without a bad pulse, and as many in a row were well as were bad in the window,
// at least two. Time alone may bring this about: silence is looked at, too, when the minute has passed, and when bad pulses leave
// the window.
import { CELL_MS, type HealthCell } from "./cell.ts";
import { MAX_WINDOW_MS, MIN_WINDOW_MS, since } from "./window.ts";

/** So many in a row at least. */
const LEAST_WELL = 2;

/**
 * Epoch ms of the first pulse that was well after all that were bad; `undefined` where the service is not up again.
 * @param cells in order, from {@link MAX_WINDOW_MS} before `end` on
 * @param end epoch ms, a whole cell: when that is asked
 */
export function calmSince(cells: readonly HealthCell[], end: number): number | undefined {
  const window = since(cells, MAX_WINDOW_MS, end);
  const last = window.findLastIndex(isBad);
  const lastBad = window[last];
  if (lastBad !== undefined && lastBad.start >= end - MIN_WINDOW_MS) return undefined;
  const after = window.slice(last + 1);
  const wellWithin = lastBad === undefined ? 0 : wellAtEndOf(lastBad);
  const well = after.reduce((sum, cell) => sum + cell.countOf("up"), wellWithin);
  const bad = window.reduce((sum, cell) => sum + cell.countOf("down") + cell.countOf("degraded"), 0);
  if (well < Math.max(LEAST_WELL, bad)) return undefined;
  if (lastBad !== undefined && wellWithin > 0) return Math.max(lastBad.lastOf("down"), lastBad.lastOf("degraded"));
  return Math.min(...after.map((cell) => cell.firstOf("up")));
}

/** When it has to be asked of silence after some cells (epoch ms, in order). */
export function calmTimes(cells: readonly HealthCell[]): number[] {
  const bad = cells.filter(isBad).map(({ start }) => start + CELL_MS);
  const newest = bad.at(-1);
  if (newest === undefined) return [];
  const times = [newest + MIN_WINDOW_MS, ...bad.map((end) => end + MAX_WINDOW_MS)];
  return times.filter((time) => time > (cells.at(-1)?.end ?? 0));
}

function isBad({ down, degraded }: HealthCell): boolean {
  return down !== undefined || degraded !== undefined;
}

/** How many pulses at the end of a cell with bad ones were well: two are as many as are told apart. */
function wellAtEndOf(cell: HealthCell): number {
  const [newest, before] = cell.newest();
  if (newest !== "up") return 0;
  return before === "up" ? 2 : 1;
}
