// What is usual for this hour: the same hour of the clock a day and a week ago.
import type { Summary, SummaryBucket } from "../../answers.ts";
import type { Span } from "./api.ts";
import { formatLatency, formatMinute, formatRate } from "./format.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** This hour, and the same one a day and a week ago. */
const HOURS_AGO = [0, 24, 168];

/** The whole hours to ask for: of those that have ended the sums are ready, and all screens ask for the same. */
export function usualSpans(now: number): Span[] {
  return HOURS_AGO.map((hours) => {
    const from = hourOf(now) - hours * HOUR_MS;
    return { from, to: from + HOUR_MS, buckets: 1 };
  });
}

/**
 * This hour so far beside the usual one, in words; `undefined` where no pulse came in the same hour a day and a week ago.
 * @param summaries of `usualSpans(now)`
 */
export function describeHour(summaries: readonly Pick<Summary, "buckets">[], now: number): string | undefined {
  const since = hourOf(now);
  // Where the pulses are gone, a bucket is a whole day.
  const [current, ...before] = summaries.map(({ buckets }) =>
    buckets.find(({ from, to }) => Date.parse(to) - Date.parse(from) === HOUR_MS),
  );
  const usual = before.filter((one) => one !== undefined && one.count > 0) as SummaryBucket[];
  if (usual.length === 0) return undefined;
  const { p95 = null, count = 0 } = current ?? {};
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
