import { setImmediate as nextTurn } from "node:timers/promises";
import { DDSketch } from "@datadog/sketches-js";
import { HEALTHS, healthOf } from "../../events/health.ts";
import type { PulseReader, Span, StoredPulse } from "../../storage/ports.ts";
import type { HealthCounts, LatencySummary, StatusCount, Summary, SummaryBucket } from "./answers.ts";

/** Statuses that are counted each for itself; the rest counts as one. A pulse's status is free text. */
const MAX_STATUSES = 20;
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
  const statuses = new StatusTally();
  const lengthMs = span.to - span.from;
  for await (const chunk of reader.scan(service, span)) {
    for (const pulse of chunk) {
      statuses.add(pulse.status);
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
    statuses: statuses.counts(),
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

/** Counts statuses, the first so many of them by their text. */
class StatusTally {
  readonly #counts = new Map<string, number>();
  #others = 0;

  add(status: string): void {
    const count = this.#counts.get(status);
    if (count !== undefined) this.#counts.set(status, count + 1);
    else if (this.#counts.size < MAX_STATUSES) this.#counts.set(status, 1);
    else this.#others++;
  }

  /** The most frequent first; what is not counted by its text comes last, without one. */
  counts(): StatusCount[] {
    const counts = [...this.#counts].map(
      ([status, count]): StatusCount => ({ status, health: healthOf(status), count }),
    );
    counts.sort((a, b) => b.count - a.count);
    return this.#others === 0 ? counts : [...counts, { status: null, health: null, count: this.#others }];
  }
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
