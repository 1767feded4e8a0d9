import type { Summary } from "../../answers.ts";
import { formatCount, formatLatency, formatShare } from "./format.ts";

/** What a span comes to. */
export function Figures({ summary }: { summary: Summary | undefined }) {
  const latency = summary?.latency_ms;
  const figures: [string, string][] = [
    ["pulses", summary === undefined ? "–" : formatCount(summary.count)],
    ["up", summary === undefined ? "–" : formatShare(summary.health.up, summary.count)],
    ["p50", formatLatency(latency?.p50)],
    ["p95", formatLatency(latency?.p95)],
    ["p99", formatLatency(latency?.p99)],
    ["longest", formatLatency(latency?.max)],
  ];
  return (
    <dl class="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
