import type { Summary } from "../../answers.ts";
import { formatCount, formatLatency, formatShare } from "./format.ts";
import { Pairs } from "./pairs.tsx";

/** The main figures of a span. */
export function Figures({ summary }: { summary: Summary | undefined }) {
  const latency = summary?.latency_ms;
  return (
    <Pairs
      kind="figures"
      pairs={[
        ["pulses", summary === undefined ? "–" : formatCount(summary.count)],
        ["up", summary === undefined ? "–" : formatShare(summary.health.up, summary.count)],
        ["p50", formatLatency(latency?.p50)],
        ["p95", formatLatency(latency?.p95)],
        ["p99", formatLatency(latency?.p99)],
        ["longest", formatLatency(latency?.max)],
      ]}
    />
  );
}
