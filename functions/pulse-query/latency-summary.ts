import type { Latencies } from "../../history/latencies.ts";
import type { LatencySummary, SummaryBucket } from "./answers.ts";

/** The figures of some latencies; null where there is none. */
export function latencySummaryOf(latencies: Latencies): LatencySummary | null {
  const { min, max, mean } = latencies;
  if (min === undefined || max === undefined || mean === undefined) return null;
  return { min, max, mean, ...(percentilesOf(latencies) as Pick<LatencySummary, "p50" | "p95" | "p99">) };
}

/** Their percentiles, each null where there is none. */
export function percentilesOf(latencies: Latencies): Pick<SummaryBucket, "p50" | "p95" | "p99"> {
  const percentile = (percent: number) => latencies.percentile(percent) ?? null;
  return { p50: percentile(50), p95: percentile(95), p99: percentile(99) };
}
