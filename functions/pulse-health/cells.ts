import { HEALTHS } from "../../events/health.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import { CELL_MS, type HealthCell, HealthCells, type HealthOfStatus } from "../../health/cell.ts";
import type { PulseReader } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";
import { floorTo } from "../../storage/tiers.ts";

/** Cells of a stretch of time, in order. */
export interface CellSpan extends Span {
  cells: HealthCell[];
}

/** Whose pulses are read, and what their statuses mean. */
export interface CellSource {
  reader: Pick<PulseReader, "measures">;
  service: string;
  healthOfStatus: HealthOfStatus;
}

/** Counts the pulses of a service in a span of whole cells. @throws {StoreError} */
export async function readCells({ reader, service, healthOfStatus }: CellSource, span: Span): Promise<HealthCell[]> {
  const cells = new HealthCells(healthOfStatus);
  for await (const chunk of reader.measures(service, span))
    for (const [time, , status] of chunk) cells.add(time, status);
  return cells.list();
}

/**
 * The newest cells of a service before a time, of about `maxPulses`: how a service was before is not judged, where it pulsed more
 * often than that.
 */
export async function readNewestCells(
  { reader, service, healthOfStatus }: CellSource,
  { until, maxPulses }: { until: number; maxPulses: number },
): Promise<CellSpan> {
  const cells = new HealthCells(healthOfStatus);
  let count = 0;
  let oldest = until;
  for await (const chunk of reader.measures(service, { from: 0, to: Math.min(until, END_OF_TIME_MS) })) {
    for (const [time, , status] of chunk) {
      cells.add(time, status);
      oldest = time;
    }
    count += chunk.length;
    if (count < maxPulses) continue;
    // Of the oldest cell some pulses may not have been read.
    const from = floorTo(CELL_MS, oldest) + CELL_MS;
    return { from, to: until, cells: cells.list().filter(({ start }) => start >= from) };
  }
  return { from: Number.NEGATIVE_INFINITY, to: until, cells: cells.list() };
}

/** From when on two lists of cells differ; `undefined` where they do not. */
export function firstDifference(some: readonly HealthCell[], others: readonly HealthCell[]): number | undefined {
  for (let i = 0; ; i++) {
    const [one, other] = [some[i], others[i]];
    if (one === undefined && other === undefined) return undefined;
    if (one === undefined || other === undefined) return (one ?? other)?.start;
    if (one.start !== other.start || !isSame(one, other)) return Math.min(one.start, other.start);
  }
}

/** Of cells in order, those that begin in a span. */
export function within(cells: readonly HealthCell[], { from, to }: Span): HealthCell[] {
  const first = cells.findIndex(({ start }) => start >= from);
  // What a filter returns has room for more.
  return first < 0 ? [] : cells.slice(first, Math.max(first, cells.findLastIndex(({ start }) => start < to) + 1));
}

function isSame(one: HealthCell, other: HealthCell): boolean {
  for (const health of HEALTHS) {
    const [a, b] = [one[health], other[health]];
    if (a?.count !== b?.count || a?.first !== b?.first || a?.last !== b?.last) return false;
  }
  // What was said comes in the order of reading.
  return (
    one.said.length === other.said.length &&
    one.said.every(({ status, count }) => other.said.some((two) => two.status === status && two.count === count))
  );
}
