import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Summary } from "../../answers.ts";
import { Chart } from "./chart.tsx";
import type { ChartMark, ChartSeries } from "./chart-options.ts";
import { formatCount, formatLatency, formatRate, formatTime } from "./format.ts";
import { MarkList } from "./mark-list.tsx";
import { changeQuery } from "./page-view.ts";
import { Table } from "./table.tsx";

/** From the bottom of a bar to its top. */
const STACK = ["down", "degraded", "unknown", "up"] as const;

const COLUMNS = {
  From: "",
  ...Object.fromEntries(["Pulses", "p50", "p95", "p99", "Longest", "Down", "Degraded"].map((name) => [name, "number"])),
};

/** From the top of the legend on. */
const CURVES = ["max", "p99", "p95", "p50"] as const;

interface ServiceChartsProperties {
  summary: Summary;
  isLogarithmic: boolean;
  marks: readonly ChartMark[];
  onSelect(from: number, to: number): void;
  /** Stands below the latency. */
  children: ComponentChildren;
}

/** Latency and throughput over a span. */
export function ServiceCharts({ summary, isLogarithmic, marks, onSelect, children }: ServiceChartsProperties) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { times, span, latency, throughput } = useMemo(() => chartsOf(summary, hidden), [summary, hidden]);
  const onToggle = (label: string) =>
    setHidden((before) => new Set(before.has(label) ? [...before].filter((one) => one !== label) : [...before, label]));
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
        {...{ times, span, marks, isLogarithmic, onSelect, onToggle }}
        series={latency}
        legend={CURVES.map(legendOf)}
      >
        <button
          type="button"
          class="button small"
          aria-pressed={isLogarithmic}
          onClick={() => changeQuery({ scale: isLogarithmic ? "" : "log" })}
        >
          Logarithmic
        </button>
      </Chart>
      {marks.length > 0 && <MarkList marks={marks} />}
      {children}
      <Chart
        title="Pulses per minute"
        summary={`Pulses over time: ${up} up, ${degraded} degraded, ${down} down, ${unknown} unknown.`}
        format={formatRate}
        {...{ times, span, marks, onSelect, onToggle }}
        series={throughput}
        legend={STACK.map((health) => ({ label: health, color: health })).reverse()}
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

function legendOf(name: (typeof CURVES)[number]): Pick<ChartSeries, "label" | "color"> {
  return name === "max" ? { label: "longest", color: "faint" } : { label: name, color: name };
}

function chartsOf({ from, to, buckets }: Summary, hidden: ReadonlySet<string>) {
  const times = buckets.map((bucket) => Date.parse(bucket.from));
  const lines = CURVES.map((name): ChartSeries => {
    return { ...legendOf(name), kind: "line", values: buckets.map((bucket) => bucket[name]) };
  });
  // They may differ: edges lie on whole hours or days.
  const minutes = buckets.map((bucket) => (Date.parse(bucket.to) - Date.parse(bucket.from)) / 60_000);
  // Bars hide each other: the highest is drawn first, and each later one leaves out one part more.
  const stack = STACK.filter((health) => !hidden.has(health));
  const throughput = stack
    .map((health, i): ChartSeries => {
      const parts = stack.slice(0, i + 1);
      return {
        label: health,
        color: health,
        kind: "bars",
        values: buckets.map(
          (bucket, at) => parts.reduce((sum, part) => sum + bucket.health[part], 0) / (minutes[at] as number),
        ),
        shown: buckets.map((bucket, at) => bucket.health[health] / (minutes[at] as number)),
      };
    })
    .reverse();
  return {
    times,
    span: { from: Date.parse(from), to: Date.parse(to) },
    latency: lines.filter(({ label }) => !hidden.has(label)),
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
