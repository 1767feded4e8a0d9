import { setImmediate as nextTurn } from "node:timers/promises";
import { DDSketch } from "@datadog/sketches-js";
import { HEALTHS, type Health, healthOf } from "../../events/health.ts";
import type { PulseReader, Span } from "../../storage/ports.ts";
import type { HealthCounts, LatencySummary, StatusCount, Summary, SummaryBucket } from "./answers.ts";

/** A status is free text: only the first 20 that a span holds are counted one by one, all others together. */
const MAX_STATUSES = 20;
const RELATIVE_ACCURACY = 0.01;
/**
 * Percentiles take a smaller latency for zero. A sketch grows with the ratio of the largest to the smallest value: with
 * the largest latency that a pulse may have, this bounds a sketch to 1,600 counters, and those of 500 buckets to 7 MB.
 */
const SMALLEST_LATENCY_MS = 1e-6;

/** Reads a service's pulses of a span once and sums them up, in memory that does not grow with their number. */
export async function summarize(
  reader: Pick<PulseReader, "scan">,
  service: string,
  span: Span,
  buckets: number,
): Promise<Summary> {
  // The whole span has a sketch that takes every latency: @datadog/sketches-js 2.1.1 merges a sketch wrongly when its
  // largest value lies in (0.98, 1], as DenseStore's `_extendRange` takes the key 0 for none.
  const whole = new SpanStatistics(span);
  const parts = divide(span, buckets).map((part) => new SpanStatistics(part));
  const statuses = new StatusCounts();
  const lengthMs = span.to - span.from;
  for await (const chunk of reader.scan(service, span)) {
    for (const { event_time: time, latency_ms: latency, status } of chunk) {
      const health = healthOf(status);
      statuses.add(status);
      whole.add(latency, health);
      parts[Math.floor(((time - span.from) * parts.length) / lengthMs)]?.add(latency, health);
    }
    // A store in this process may give chunk after chunk without a pause: let other requests in between.
    await nextTurn();
  }
  return {
    service_name: service,
    ...timesOf(span),
    count: whole.count,
    health: whole.health,
    statuses: statuses.list(),
    latency_ms: whole.latency(),
    buckets: parts.map((part) => part.bucket()),
  };
}

/** At most `buckets` spans of equal length to the millisecond, none of them empty. */
function divide(span: Span, buckets: number): Span[] {
  const lengthMs = span.to - span.from;
  const number = Math.min(buckets, lengthMs);
  const edge = (i: number) => span.from + Math.ceil((i * lengthMs) / number);
  return Array.from({ length: number }, (_, i) => ({ from: edge(i), to: edge(i + 1) }));
}

/** How often each status came. */
class StatusCounts {
  readonly #counts = new Map<string, number>();
  #others = 0;

  add(status: string): void {
    const count = this.#counts.get(status);
    if (count !== undefined) this.#counts.set(status, count + 1);
    else if (this.#counts.size < MAX_STATUSES) this.#counts.set(status, 1);
    else this.#others++;
  }

  /** The most frequent first; those that are counted together come last, without a text. */
  list(): StatusCount[] {
    const counts = [...this.#counts].map(
      ([status, count]): StatusCount => ({ status, health: healthOf(status), count }),
    );
    counts.sort((a, b) => b.count - a.count);
    return this.#others === 0 ? counts : [...counts, { status: null, health: null, count: this.#others }];
  }
}

/** Counts of the pulses of one span, and a sketch of their latencies. */
class SpanStatistics {
  readonly #span: Span;
  readonly health = Object.fromEntries(HEALTHS.map((health) => [health, 0])) as HealthCounts;
  count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  readonly #sketch = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });

  constructor(span: Span) {
    this.#span = span;
  }

  add(latency: number, health: Health): void {
    this.count++;
    this.health[health]++;
    this.#sum += latency;
    if (latency < this.#min) this.#min = latency;
    if (latency > this.#max) this.#max = latency;
    this.#sketch.accept(latency < SMALLEST_LATENCY_MS ? 0 : latency);
  }

  bucket(): SummaryBucket {
    return {
      ...timesOf(this.#span),
      count: this.count,
      health: this.health,
      p50: this.#quantile(0.5),
      p95: this.#quantile(0.95),
      p99: this.#quantile(0.99),
      max: this.count === 0 ? null : this.#max,
    };
  }

  latency(): LatencySummary | null {
    if (this.count === 0) return null;
    return {
      min: this.#min,
      max: this.#max,
      mean: this.#sum / this.count,
      p50: this.#quantile(0.5) as number,
      p95: this.#quantile(0.95) as number,
      p99: this.#quantile(0.99) as number,
    };
  }

  // The sketch answers with the middle of a range, which may lie outside of all latencies at the ends.
  #quantile(quantile: number): number | null {
    if (this.count === 0) return null;
    return Math.min(this.#max, Math.max(this.#min, this.#sketch.getValueAtQuantile(quantile)));
  }
}

function timesOf({ from, to }: Span): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
