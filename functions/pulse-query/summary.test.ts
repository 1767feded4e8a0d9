import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { History } from "../../history/history.ts";
import { EXACT_UP_TO } from "../../history/limits.ts";
import type { Measure, StoredPulse } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";
import type { Summary, SummaryBucket } from "./answers.ts";
import { summarize } from "./summary.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_124 });

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const span: Span = { from: START, to: START + HOUR };

function pulseOf(fields: Partial<StoredPulse> = {}): StoredPulse {
  return { service_name: "checkout", event_time: START, latency_ms: 1, status: "ok", id: "1", source: "/", ...fields };
}

/** The summary of pulses that come from a store in chunks, without rollups. */
function summaryOf(pulses: readonly StoredPulse[], { buckets = 60, within = span } = {}): Promise<Summary> {
  const measures = pulses
    .toSorted((a, b) => b.event_time - a.event_time)
    .map(({ event_time: time, latency_ms: latency, status }): Measure => [time, latency, status]);
  const reader = {
    async *measures() {
      for (let i = 0; i < measures.length; i += 1000) yield measures.slice(i, i + 1000);
    },
  };
  const history = new History({ reader, retentionMs: 1000 * DAY_MS, now: () => within.to });
  return summarize(history, "checkout", within, buckets);
}

/** The smallest value that at least `percent` of the values do not exceed. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.find((_, i) => 100 * (i + 1) >= percent * values.length) as number;
}

/** Expects p50, p95 and p99 in order: those of `values`, within 1 % where there are many values. */
function expectPercentilesOf(values: readonly number[], got: Pick<SummaryBucket, "p50" | "p95" | "p99"> | null): void {
  for (const [name, percent] of [["p50", 50] as const, ["p95", 95] as const, ["p99", 99] as const]) {
    const exact = percentile(values, percent);
    const tolerance = values.length <= EXACT_UP_TO ? 0 : exact * 0.01 + 1e-6;
    expect(Math.abs((got?.[name] as number) - exact), name).toBeLessThanOrEqual(tolerance);
  }
  expect(got?.p50).toBeLessThanOrEqual(got?.p95 as number);
  expect(got?.p95).toBeLessThanOrEqual(got?.p99 as number);
}

/** Pseudo-random numbers in [0, 1), the same in every run. */
function* randoms(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe("a summary", () => {
  it("of no pulses has all its buckets and no latency", async () => {
    const summary = await summaryOf([], { buckets: 3 });
    expect(summary).toMatchObject({ count: 0, latency_ms: null, health: { up: 0, degraded: 0, down: 0, unknown: 0 } });
    const nothing = { count: 0, p50: null, p95: null, p99: null, max: null };
    expect(summary.buckets).toMatchObject([nothing, nothing, nothing]);
  });

  it("names its service and its span", async () => {
    expect(await summaryOf([])).toMatchObject({
      service_name: "checkout",
      from: "2026-01-01T00:00:00.000Z",
      to: "2026-01-01T01:00:00.000Z",
    });
  });

  it("counts health by the status of each pulse, as a whole and by bucket", async () => {
    const statuses = ["ok", "200", "warn", "503", "fail", "strange"];
    const pulses = statuses.map((status, i) => pulseOf({ status, event_time: START + i * 10 * 60_000 }));
    const summary = await summaryOf(pulses, { buckets: 2 });
    expect(summary.health).toEqual({ up: 2, degraded: 1, down: 2, unknown: 1 });
    expect(summary.buckets.map(({ health }) => health)).toEqual([
      { up: 2, degraded: 1, down: 0, unknown: 0 },
      { up: 0, degraded: 0, down: 2, unknown: 1 },
    ]);
  });

  it("has percentiles within 1 % of the exact ones, as a whole and in each bucket", async () => {
    const random = randoms(7);
    const next = () => random.next().value as number;
    // Three shapes at once: a body around 20 ms, a heavy tail, and idle pulses of 0 ms.
    const latency = () => {
      const kind = next();
      return kind < 0.1 ? 0 : kind < 0.9 ? 20 * Math.exp(next() + next() - 1) : 1 / (next() + 1e-6);
    };
    const pulses = Array.from({ length: 30_000 }, () =>
      pulseOf({ event_time: START + Math.floor(next() * HOUR), latency_ms: latency() }),
    );
    const summary = await summaryOf(pulses, { buckets: 7 });
    const values = pulses.map((pulse) => pulse.latency_ms);
    expect(summary.count).toBe(30_000);
    expect(summary.latency_ms?.min).toBe(Math.min(...values));
    expect(summary.latency_ms?.max).toBe(Math.max(...values));
    expect(summary.latency_ms?.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 30_000, 6);
    expectPercentilesOf(values, summary.latency_ms);
    for (const bucket of summary.buckets) {
      const within = pulses
        .filter(({ event_time: time }) => time >= Date.parse(bucket.from) && time < Date.parse(bucket.to))
        .map((pulse) => pulse.latency_ms);
      expect(bucket.count).toBe(within.length);
      expectPercentilesOf(within, bucket);
    }
  });

  it("has percentiles within 1 % for any latencies, and the same ones in any number of buckets", async () => {
    const any = fc.double({ min: Math.log(1e-6), max: Math.log(86_400_000), noNaN: true }).map(Math.exp);
    const nearOne = fc.double({ min: 0.98, max: 1, noNaN: true });
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 50 });
    // Each part of the span has its largest latency; the rest of its pulses are shares of that.
    const parts = fc.array(fc.tuple(fc.oneof(any, nearOne), shares), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 20 }), async (drawn, buckets) => {
        const values = drawn.map(([largest, rest]) => [largest, ...rest.map((share) => largest * share)]);
        const pulses = values.flatMap((latencies, i) =>
          latencies.map((ms) => pulseOf({ latency_ms: ms, event_time: START + Math.ceil((i * HOUR) / drawn.length) })),
        );
        const split = (await summaryOf(pulses, { buckets: drawn.length })).latency_ms;
        expectPercentilesOf(values.flat(), split);
        for (const other of [buckets, 1]) {
          expect((await summaryOf(pulses, { buckets: other })).latency_ms).toEqual(split);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("has the same percentiles in any number of buckets when the largest latency of a bucket is 1 ms", async () => {
    const from = (bucket: number, latencies: number[]) =>
      latencies.map((ms, i) => pulseOf({ latency_ms: ms, event_time: START + bucket * (HOUR / 3) + i }));
    const steps = (low: number, high: number, count: number) =>
      Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
    const pulses = [
      ...from(0, steps(0.1, 0.5, 300)),
      ...from(1, [0.05, ...steps(0.6, 1, 1000)]),
      ...from(2, [...steps(0.2, 0.5, 100), 30]),
    ];
    const values = pulses.map((pulse) => pulse.latency_ms);
    for (const buckets of [1, 3]) {
      const { latency_ms: summary } = await summaryOf(pulses, { buckets });
      expectPercentilesOf(values, summary);
    }
  });

  it("has the slowest of five pulses as p95 and p99", async () => {
    const pulses = [12.5, 12.5, 12.5, 14.1, 12.5].map((ms) => pulseOf({ latency_ms: ms }));
    const { latency_ms: latency, buckets } = await summaryOf(pulses, { buckets: 1 });
    expect(latency).toMatchObject({ p50: 12.5, p95: 14.1, p99: 14.1 });
    expect(buckets[0]).toMatchObject({ p50: 12.5, p95: 14.1, p99: 14.1 });
  });

  it("counts a frequent status that comes after many rare ones", async () => {
    const rare = Array.from({ length: 1500 }, (_, i) => `request ${i} failed`);
    const often = Array.from({ length: 500 }, (_, i) => (i % 5 === 0 ? "slow" : "ok"));
    for (const statuses of [
      [...rare, ...often],
      [...often, ...rare],
    ]) {
      const summary = await summaryOf(statuses.map((status) => pulseOf({ status })));
      expect(summary.statuses).toEqual([
        { status: "ok", health: "up", count: 400 },
        { status: "slow", health: "degraded", count: 100 },
        { status: null, health: null, count: 1500 },
      ]);
    }
  });

  it("has no percentile outside of the pulses' latencies", async () => {
    const { latency_ms: latency } = await summaryOf([pulseOf({ latency_ms: 12.5 })]);
    expect(latency).toEqual({ min: 12.5, max: 12.5, mean: 12.5, p50: 12.5, p95: 12.5, p99: 12.5 });
  });

  it("divides any span without gaps, at whole minutes, hours or days where it can, and counts each pulse in the bucket of its time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 * 86_400_000 }),
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        async (lengthMs, buckets, where) => {
          const within = { from: START, to: START + lengthMs };
          const time = START + Math.floor(where * lengthMs);
          const summary = await summaryOf([pulseOf({ event_time: time })], { buckets, within });
          expect(summary.buckets).toHaveLength(Math.min(buckets, lengthMs));
          const isAlignedTo = [86_400_000, 3_600_000, 60_000].find((step) => step * summary.buckets.length <= lengthMs);
          expect(summary.buckets[0]?.from).toBe(summary.from);
          expect(summary.buckets.at(-1)?.to).toBe(summary.to);
          summary.buckets.forEach((bucket, i) => {
            expect(Date.parse(bucket.from)).toBeLessThan(Date.parse(bucket.to));
            if (i > 0) expect(bucket.from).toBe(summary.buckets[i - 1]?.to);
            if (i > 0) expect(Date.parse(bucket.from) % (isAlignedTo ?? 1)).toBe(0);
            const isHere = time >= Date.parse(bucket.from) && time < Date.parse(bucket.to);
            expect(bucket.count).toBe(isHere ? 1 : 0);
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});
