import type { History, Share } from "../../history/history.ts";
import { SpanFigures } from "../../history/rollup.ts";
import type { Span } from "../../storage/span.ts";
import type { Summary, SummaryBucket } from "./answers.ts";
import { divide } from "./divide.ts";
import { latencySummaryOf, percentilesOf } from "./latency-summary.ts";

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
  const spans = divide(span, buckets, exactFrom);
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

function bucketOf(span: Span, { health, latencies }: SpanFigures): SummaryBucket {
  const { count, max = null } = latencies;
  return { ...timesOf(span), count, health, ...percentilesOf(latencies), max };
}

function timesOf({ from, to }: Span): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
