import { setImmediate as nextTurn } from "node:timers/promises";
import { DDSketch } from "@datadog/sketches-js";
import { HEALTHS, type Health, healthOf } from "../../events/health.ts";
import type { PulseReader, Span, StoredPulse } from "../../storage/ports.ts";

/** How many pulses were of which health. */
export type HealthCounts = Record<Health, number>;

export interface SummaryBucket {
  /** RFC 3339; `to` is where the next begins. */
  from: string;
  to: string;
  count: number;
  health: HealthCounts;
  /** Percentiles of the latency in ms, within 1 %; `null` when there is no pulse. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface LatencySummary {
  min: number;
  max: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
}

/** What a service's pulses of a span say as a whole and over time. */
export interface Summary {
  service_name: string;
  from: string;
  to: string;
  count: number;
  health: HealthCounts;
  latency_ms: LatencySummary | null;
  /** Oldest first, without gaps. */
  buckets: SummaryBucket[];
}

const RELATIVE_ACCURACY = 0.01;
/**
 * Less than this counts as zero in the percentiles. A sketch grows with the ratio of the largest to the smallest value:
 * with the largest latency that a pulse may have this bounds it to 1,600 counters, 500 buckets of them to 7 MB.
 */
const SMALLEST_LATENCY_MS = 1e-6;

/** Reads a service's pulses of a span once and sums them up, in memory that does not grow with their number. */
export async function summarize(
  reader: Pick<PulseReader, "scan">,
  service: string,
  span: Span,
  buckets: number,
): Promise<Summary> {
  const tallies = divide(span, buckets);
  const lengthMs = span.to - span.from;
  for await (const chunk of reader.scan(service, span)) {
    for (const pulse of chunk) {
      tallies[Math.floor(((pulse.event_time - span.from) * tallies.length) / lengthMs)]?.add(pulse);
    }
    // A store in this process may give chunk after chunk without a pause: other requests are let in between.
    await nextTurn();
  }
  const total = new Tally(span);
  for (const tally of tallies) total.merge(tally);
  return {
    service_name: service,
    ...timesOf(span),
    count: total.count,
    health: total.health,
    latency_ms: total.latency(),
    buckets: tallies.map((tally) => tally.bucket()),
  };
}

/** At most `buckets` spans of equal length to the millisecond, none of them empty. */
function divide(span: Span, buckets: number): Tally[] {
  const lengthMs = span.to - span.from;
  const number = Math.min(buckets, lengthMs);
  const edge = (i: number) => span.from + Math.ceil((i * lengthMs) / number);
  return Array.from({ length: number }, (_, i) => new Tally({ from: edge(i), to: edge(i + 1) }));
}

/** Counts and a sketch of the latencies of one span; the whole is the merge of its parts. */
class Tally {
  readonly span: Span;
  readonly health = Object.fromEntries(HEALTHS.map((health) => [health, 0])) as HealthCounts;
  count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #sketch: DDSketch | undefined;

  constructor(span: Span) {
    this.span = span;
  }

  add({ latency_ms: latency, status }: StoredPulse): void {
    this.count++;
    this.health[healthOf(status)]++;
    this.#sum += latency;
    if (latency < this.#min) this.#min = latency;
    if (latency > this.#max) this.#max = latency;
    this.#sketch ??= newSketch();
    this.#sketch.accept(latency < SMALLEST_LATENCY_MS ? 0 : latency);
  }

  merge(other: Tally): void {
    if (other.#sketch === undefined) return;
    this.count += other.count;
    for (const health of HEALTHS) this.health[health] += other.health[health];
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#sketch ??= newSketch();
    this.#sketch.merge(other.#sketch);
  }

  bucket(): SummaryBucket {
    return {
      ...timesOf(this.span),
      count: this.count,
      health: this.health,
      p50: this.#quantile(0.5),
      p95: this.#quantile(0.95),
      p99: this.#quantile(0.99),
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

  // The sketch answers with the middle of a range: at the ends that may lie beyond what was ever seen.
  #quantile(quantile: number): number | null {
    if (this.#sketch === undefined) return null;
    return Math.min(this.#max, Math.max(this.#min, this.#sketch.getValueAtQuantile(quantile)));
  }
}

function newSketch(): DDSketch {
  return new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
}

function timesOf({ from, to }: Span): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
