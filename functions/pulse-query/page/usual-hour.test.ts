import { expect, it } from "vitest";
import type { SummaryBucket } from "../answers.ts";
import { describeHour, usualSpans } from "./browser/usual-hour.ts";

const HOUR = 3_600_000;
const SINCE = new Date(2026, 10, 30, 9).getTime();
const NOW = SINCE + HOUR / 4;

/** An hour, or what a bucket of `hours` has, so many hours before this one. */
function bucketOf(hoursAgo: number, count: number, p95: number | null, hours = 1): SummaryBucket {
  const from = SINCE - hoursAgo * HOUR;
  const health = { up: count, degraded: 0, down: 0, unknown: 0 };
  const times = { from: new Date(from).toISOString(), to: new Date(from + hours * HOUR).toISOString() };
  return { ...times, count, health, p50: p95, p95, p99: p95, max: p95 };
}
/** From the buckets of this hour, and of the same one a day and a week ago. */
const describe = (...buckets: SummaryBucket[]) =>
  describeHour(
    buckets.map((bucket) => ({ buckets: [bucket] })),
    NOW,
  );

it("asks for whole hours, so that they are rolled up and all screens ask for the same", () => {
  expect(usualSpans(NOW)).toEqual([
    { from: SINCE, to: SINCE + HOUR, buckets: 1 },
    { from: SINCE - 24 * HOUR, to: SINCE - 23 * HOUR, buckets: 1 },
    { from: SINCE - 168 * HOUR, to: SINCE - 167 * HOUR, buckets: 1 },
  ]);
  expect(usualSpans(SINCE + HOUR - 1)).toEqual(usualSpans(SINCE));
});

it("is told beside this hour so far: from the lesser to the greater of a day and a week ago", () => {
  expect(describe(bucketOf(0, 180, 240), bucketOf(24, 660, 66), bucketOf(168, 600, 72))).toBe(
    "From 09:00 to 09:15: p95 240 ms, usual for this hour 66.0 ms to 72.0 ms; 12 pulses a minute, usual 10 to 11.",
  );
});

it("is one figure where both are the same, or one alone is known", () => {
  const words = "From 09:00 to 09:15: p95 240 ms, usual for this hour 72.0 ms; 12 pulses a minute, usual 10.";
  const now = bucketOf(0, 180, 240);
  expect(describe(now, bucketOf(24, 600, 72), bucketOf(168, 600, 72))).toBe(words);
  expect(describe(now, bucketOf(24, 600, 72), bucketOf(168, 0, null))).toBe(words);
});

it("shows what is usual beside a service that is silent now", () => {
  expect(describe(bucketOf(0, 0, null), bucketOf(24, 600, 72), bucketOf(168, 0, null))).toBe(
    "From 09:00 to 09:15: p95 –, usual for this hour 72.0 ms; 0 pulses a minute, usual 10.",
  );
});

it("is nothing without a past, and no day stands for an hour", () => {
  expect(describe(bucketOf(0, 180, 240), bucketOf(24, 0, null), bucketOf(168, 0, null))).toBeUndefined();
  expect(describe(bucketOf(0, 180, 240), bucketOf(24, 0, null), bucketOf(168, 86_400, 72, 24))).toBeUndefined();
});
