import type { History, Share } from "../../history/history.ts";
import type { Latencies } from "../../history/latencies.ts";
import { SpanFigures } from "../../history/rollup.ts";
import type { Span } from "../../storage/ports.ts";
import { floorTo, TIERS } from "../../storage/tiers.ts";
import type { LatencySummary, Summary, SummaryBucket } from "./answers.ts";

/**
 * Sums up a service's pulses of a span, in memory that does not grow with their number. @throws once the signal aborts
 */
export async function summarize(
  history: Pick<History, "read" | "exactFromOf">,
  service: string,
  span: Span,
  buckets: number,
  share?: Share,
): Promise<Summary> {
  const exactFrom = history.exactFromOf(span);
  const spans = exactFrom === span.from ? divide(span, buckets) : divideDays(span, buckets, exactFrom);
  const { parts, statuses } = await history.read(service, spans, { ...share, exactFrom });
  const whole = new SpanFigures();
  for (const part of parts) whole.merge(part);
  return {
    service_name: service,
    ...timesOf({ from: (spans[0] as Span).from, to: (spans.at(-1) as Span).to }),
    exact_from: new Date(exactFrom).toISOString(),
    count: whole.latencies.count,
    health: whole.health,
    statuses: statuses.list(),
    latency_ms: latencySummaryOf(whole.latencies),
    buckets: spans.map((part, i) => bucketOf(part, parts[i] as SpanFigures)),
  };
}

/**
 * As many spans, none of them empty, of equal length to the minute, hour or day of which each has at least one: so that
 * rollups tell all but the two edges. Shorter ones are equal to the millisecond.
 */
function divide(span: Span, buckets: number): Span[] {
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

function bucketOf(span: Span, { health, latencies }: SpanFigures): SummaryBucket {
  const { count, max = null } = latencies;
  return { ...timesOf(span), count, health, ...percentilesOf(latencies), max };
}

function latencySummaryOf(latencies: Latencies): LatencySummary | null {
  const { min, max, mean } = latencies;
  if (min === undefined || max === undefined || mean === undefined) return null;
  return { min, max, mean, ...(percentilesOf(latencies) as Pick<LatencySummary, "p50" | "p95" | "p99">) };
}

function percentilesOf(latencies: Latencies): Pick<SummaryBucket, "p50" | "p95" | "p99"> {
  const percentile = (percent: number) => latencies.percentile(percent) ?? null;
  return { p50: percentile(50), p95: percentile(95), p99: percentile(99) };
}

function timesOf({ from, to }: Span): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
