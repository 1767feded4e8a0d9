import { setImmediate as nextTurn } from "node:timers/promises";
import { HEALTHS, type Health, healthOf } from "../../events/health.ts";
import { Latencies } from "../../history/latencies.ts";
import type { PulseReader, Span } from "../../storage/ports.ts";
import type { HealthCounts, LatencySummary, Summary, SummaryBucket } from "./answers.ts";
import { StatusCounts } from "./status-counts.ts";

/**
 * Reads a service's pulses of a span and sums them up, in memory that does not grow with their number. @throws once the
 * signal aborts
 */
export async function summarize(
  reader: Pick<PulseReader, "scan">,
  service: string,
  span: Span,
  buckets: number,
  signal?: AbortSignal,
): Promise<Summary> {
  const parts = divide(span, buckets).map((part) => new SpanStatistics(part));
  const statuses = new StatusCounts();
  const lengthMs = span.to - span.from;
  for await (const chunk of chunksOf(reader, service, span, signal)) {
    for (const { event_time: time, latency_ms: latency, status } of chunk) {
      const health = healthOf(status);
      statuses.add(status);
      parts[Math.floor(((time - span.from) * parts.length) / lengthMs)]?.add(latency, health);
    }
  }
  if (statuses.needsRecount) {
    statuses.recount();
    for await (const chunk of chunksOf(reader, service, span, signal))
      for (const { status } of chunk) statuses.add(status);
  }
  const whole = new SpanStatistics(span);
  for (const part of parts) whole.merge(part);
  return {
    service_name: service,
    ...timesOf(span),
    count: whole.latencies.count,
    health: whole.health,
    statuses: statuses.list(),
    latency_ms: latencySummaryOf(whole.latencies),
    buckets: parts.map((part) => part.bucket()),
  };
}

async function* chunksOf(reader: Pick<PulseReader, "scan">, service: string, span: Span, signal?: AbortSignal) {
  for await (const chunk of reader.scan(service, span, true)) {
    signal?.throwIfAborted();
    yield chunk;
    // A store in this process may give chunk after chunk without a pause: let other requests in between.
    await nextTurn();
  }
}

/** At most `buckets` spans of equal length to the millisecond, none of them empty. */
function divide(span: Span, buckets: number): Span[] {
  const lengthMs = span.to - span.from;
  const number = Math.min(buckets, lengthMs);
  const edge = (i: number) => span.from + Math.ceil((i * lengthMs) / number);
  return Array.from({ length: number }, (_, i) => ({ from: edge(i), to: edge(i + 1) }));
}

/** Counts of the pulses of one span, and their latencies. */
class SpanStatistics {
  readonly #span: Span;
  readonly health = Object.fromEntries(HEALTHS.map((health) => [health, 0])) as HealthCounts;
  readonly latencies = new Latencies();

  constructor(span: Span) {
    this.#span = span;
  }

  add(latency: number, health: Health): void {
    this.health[health]++;
    this.latencies.add(latency);
  }

  merge(other: SpanStatistics): void {
    for (const health of HEALTHS) this.health[health] += other.health[health];
    this.latencies.merge(other.latencies);
  }

  bucket(): SummaryBucket {
    const { count, max = null } = this.latencies;
    return { ...timesOf(this.#span), count, health: this.health, ...percentilesOf(this.latencies), max };
  }
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
