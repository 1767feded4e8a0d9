// What is usual for this hour: the same hour of the clock a day and a week ago.
import type { Summary, SummaryBucket } from "../../answers.ts";
import type { Span } from "./api.ts";
import { formatLatency, formatMinute, formatRate } from "./format.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_HOURS = 168;
const HOURS_AGO = [24, WEEK_HOURS];

/** The whole hours from the one a week ago to this one. Those that have ended are rolled up, and all screens ask for the same. */
export function usualSpan(now: number): Span {
  const begin = hourOf(now);
  return { from: begin - WEEK_HOURS * HOUR_MS, to: begin + HOUR_MS, buckets: WEEK_HOURS + 1 };
}

/**
 * This hour so far beside the usual one, in words; `undefined` where no pulse came in the same hour a day and a week ago.
 * @param summary of `usualSpan(now)`
 */
export function describeHour({ buckets }: Pick<Summary, "buckets">, now: number): string | undefined {
  const since = hourOf(now);
  // Where the pulses are gone, a bucket is a whole day.
  const bucketAt = (from: number) =>
    buckets.find((one) => Date.parse(one.from) === from && Date.parse(one.to) === from + HOUR_MS);
  const before = HOURS_AGO.map((hours) => bucketAt(since - hours * HOUR_MS)).filter((one) => one !== undefined);
  const usual = before.filter(({ count }) => count > 0);
  if (usual.length === 0) return undefined;
  const { p95 = null, count = 0 } = bucketAt(since) ?? {};
  const minutes = Math.max(1, (now - since) / MINUTE_MS);
  const range = (figure: (bucket: SummaryBucket) => number, format: (value: number) => string) => {
    const values = usual.map(figure).sort((a, b) => a - b);
    return [...new Set(values.map(format))].join(" to ");
  };
  const latency = `p95 ${formatLatency(p95)}, usual for this hour ${range((one) => one.p95 ?? 0, formatLatency)}`;
  const rate = `${formatRate(count / minutes)} pulses a minute, usual ${range((one) => one.count / 60, formatRate)}`;
  return `From ${formatMinute(since, now)} to ${formatMinute(now, now)}: ${latency}; ${rate}.`;
}

function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS) * HOUR_MS;
}
