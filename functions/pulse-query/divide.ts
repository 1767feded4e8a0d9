import type { Span } from "../../storage/span.ts";
import { floorTo, TIERS } from "../../storage/tiers.ts";

/**
 * At most so many spans, none of them empty, of equal length to the minute, hour or day of which each has at least one: so that
 * rollups tell all but the two edges. Shorter ones are equal to the millisecond.
 * @param exactFrom where whole days of the past end, for a span that begins before the retention
 */
export function divide(span: Span, buckets: number, exactFrom = span.from): Span[] {
  if (exactFrom !== span.from) return divideDays(span, buckets, exactFrom);
  const lengthMs = span.to - span.from;
  const number = Math.min(buckets, lengthMs);
  const step = [TIERS.day, TIERS.hour, TIERS.minute].find((one) => one * number <= lengthMs) ?? 1;
  return cut(span, number, step);
}

/** A span that begins before the retention, in whole days: nothing shorter is known there. It is widened to them. */
function divideDays(span: Span, buckets: number, exactFrom: number): Span[] {
  const from = floorTo(TIERS.day, span.from);
  const to = span.to < exactFrom ? -floorTo(TIERS.day, -span.to) : span.to;
  return cut({ from, to }, Math.min(buckets, Math.floor((to - from) / TIERS.day)), TIERS.day);
}

function cut(span: Span, number: number, step: number): Span[] {
  const lengthMs = span.to - span.from;
  const edge = (i: number) => {
    const even = span.from + Math.ceil((i * lengthMs) / number);
    return i === 0 || i === number ? even : floorTo(step, even);
  };
  return Array.from({ length: number }, (_, i) => ({ from: edge(i), to: edge(i + 1) }));
}
