import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Summary } from "../../answers.ts";
import { Chart } from "./chart.tsx";
import type { ChartSeries } from "./chart-options.ts";
import { formatCount, formatLatency, formatTime } from "./format.ts";
import { Table } from "./table.tsx";

/** From the bottom of a bar to its top. */
const STACK = ["down", "degraded", "unknown", "up"] as const;

const COLUMNS = {
  From: "",
  ...Object.fromEntries(["Pulses", "p50", "p95", "p99", "Longest", "Down", "Degraded"].map((name) => [name, "number"])),
};

interface ServiceChartsProperties {
  summary: Summary;
  onSelect(from: number, to: number): void;
  /** Stands below the latency. */
  children: ComponentChildren;
}

/** Latency and throughput over a span. */
export function ServiceCharts({ summary, onSelect, children }: ServiceChartsProperties) {
  const { times, span, latency, throughput } = useMemo(() => chartsOf(summary), [summary]);
  const { latency_ms: whole } = summary;
  const said =
    whole === null
      ? "No pulse in this span."
      : `The median is ${formatLatency(whole.p50)}, p95 ${formatLatency(whole.p95)}, p99 ${formatLatency(whole.p99)}, the longest ${formatLatency(whole.max)}.`;
  const { up, degraded, down, unknown } = summary.health;
  return (
    <>
      <Chart
        title="Latency"
        summary={`Latency over time. ${said}`}
        format={formatLatency}
        {...{ times, span, onSelect }}
        series={latency}
      />
      {children}
      <Chart
        title="Pulses per minute"
        summary={`Pulses over time: ${up} up, ${degraded} degraded, ${down} down, ${unknown} unknown.`}
        format={formatRate}
        {...{ times, span, onSelect }}
        series={throughput}
      />
      {summary.exact_from !== summary.from && (
        <p class="quiet">
          Before {new Date(summary.exact_from).toLocaleDateString("en-GB", { dateStyle: "medium" })} the pulses are
          gone: whole days (UTC) are shown as they were known.
        </p>
      )}
      <BucketTable summary={summary} />
    </>
  );
}

function formatRate(perMinute: number): string {
  return perMinute >= 100 ? formatCount(Math.round(perMinute)) : String(Number(perMinute.toPrecision(2)));
}

function chartsOf({ from, to, buckets }: Summary) {
  const times = buckets.map((bucket) => Date.parse(bucket.from));
  const line = (name: "p50" | "p95" | "p99" | "max"): ChartSeries => ({
    label: name === "max" ? "longest" : name,
    color: name === "max" ? "faint" : name,
    kind: "line",
    values: buckets.map((bucket) => bucket[name]),
  });
  // They may differ: edges lie on whole hours or days.
  const minutes = buckets.map((bucket) => (Date.parse(bucket.to) - Date.parse(bucket.from)) / 60_000);
  // Bars hide each other: the highest is drawn first, and each later one leaves out one part more.
  const throughput = STACK.map((health, i): ChartSeries => {
    const parts = STACK.slice(0, i + 1);
    return {
      label: health,
      color: health,
      kind: "bars",
      values: buckets.map(
        (bucket, at) => parts.reduce((sum, part) => sum + bucket.health[part], 0) / (minutes[at] as number),
      ),
      shown: buckets.map((bucket, at) => bucket.health[health] / (minutes[at] as number)),
    };
  }).reverse();
  return {
    times,
    span: { from: Date.parse(from), to: Date.parse(to) },
    latency: [line("max"), line("p99"), line("p95"), line("p50")],
    throughput,
  };
}

/** The charts as numbers, for a reader who cannot see them or wants to copy them. */
function BucketTable({ summary }: { summary: Summary }) {
  const [isOpen, setOpen] = useState(false);
  const now = Date.now();
  return (
    <details class="numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Show as a table</summary>
      {isOpen && (
        <Table label="Latency and pulses by time" columns={COLUMNS}>
          {summary.buckets
            .filter(({ count }) => count > 0)
            .reverse()
            .map(({ from, count, p50, p95, p99, max, health }) => (
              <tr key={from}>
                <th scope="row">{formatTime(from, now)}</th>
                <td class="number">{formatCount(count)}</td>
                <td class="number">{formatLatency(p50)}</td>
                <td class="number">{formatLatency(p95)}</td>
                <td class="number">{formatLatency(p99)}</td>
                <td class="number">{formatLatency(max)}</td>
                <td class="number">{formatCount(health.down)}</td>
                <td class="number">{formatCount(health.degraded)}</td>
              </tr>
            ))}
        </Table>
      )}
    </details>
  );
}
