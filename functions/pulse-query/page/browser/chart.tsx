import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import { longestJoin } from "./gaps.ts";
import { THEME_CHANGED } from "./theme.tsx";

/** One curve or row of bars. */
export interface ChartSeries {
  label: string;
  /** A custom property of the style sheet, without the dashes. */
  color: string;
  values: (number | null)[];
  kind: "line" | "bars";
  /** What the legend says of a point, where it is not the value drawn. */
  shown?: (number | null)[];
}

export interface ChartProperties {
  title: string;
  /** What the picture says, for who does not see it. */
  summary: string;
  /** Epoch ms. */
  times: number[];
  span: { from: number; to: number };
  series: ChartSeries[];
  format(value: number): string;
  /** A span that was drawn with the pointer, in epoch ms. */
  onSelect(from: number, to: number): void;
}

const HEIGHT = 210;
const NARROW = 480;
const MIN_SELECTED_PX = 8;

/** A chart over time, drawn by uPlot. */
export function Chart(properties: ChartProperties) {
  const { title, summary, times, span, series } = properties;
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(properties);
  latest.current = properties;
  const drawn = useRef<UPlot | undefined>(undefined);
  const shape = series.map(({ label }) => label).join();

  // Drawn anew when the curves are others or the colours change; data alone is set.
  // The rest is read when it is drawn
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = () => {
      drawn.current?.destroy();
      drawn.current = new UPlot(optionsOf(latest, element.clientWidth), dataOf(latest.current), element);
    };
    draw();
    const resized = new ResizeObserver(() => {
      drawn.current?.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    resized.observe(element);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    addEventListener(THEME_CHANGED, draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", draw);
      removeEventListener(THEME_CHANGED, draw);
      drawn.current?.destroy();
      drawn.current = undefined;
    };
  }, [shape]);

  // What is drawn is read from `latest`. While a span is being drawn the curves stay as they are: it is of what the
  // pointer is on, and they go on when it ends.
  useEffect(() => {
    const plot = drawn.current;
    if (plot !== undefined && plot.select.width === 0) plot.setData(dataOf(latest.current));
  }, [times, series, span.from, span.to]);

  return (
    <figure class="chart card">
      <figcaption>
        <h2>{title}</h2>
      </figcaption>
      <div class="plot" ref={place} role="img" aria-label={summary} />
    </figure>
  );
}

function dataOf({ times, series }: ChartProperties): UPlot.AlignedData {
  return [times.map((time) => time / 1000), ...series.map(({ values }) => values)];
}

function optionsOf(latest: { current: ChartProperties }, width: number): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(`--${name}-now`).trim();
  const axis: UPlot.Axis = {
    stroke: color("quiet"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: color("line"), width: 1 },
    ticks: { show: false },
  };
  const { series, format } = latest.current;
  return {
    width,
    height: HEIGHT,
    padding: [8, 12, 0, 0],
    legend: {
      live: true,
      markers: { width: 0, fill: (_, i) => color(series[i - 1]?.color ?? "quiet") },
    },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      sync: { key: "service", setSeries: false },
      points: { size: 6 },
    },
    scales: {
      x: { time: true, range: () => [latest.current.span.from / 1000, latest.current.span.to / 1000] },
      y: { range: (_, __, max) => [0, (max || 1) * 1.08] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 30, values: timeLabels, space: width < NARROW ? 70 : 90 },
      { ...axis, size: 64, values: (_, splits) => splits.map((split) => format(split).replace(/\.0(?= )/, "")) },
    ],
    series: [
      { label: "Time", value: (_, time) => (time === null ? "–" : new Date(time * 1000).toLocaleString("en-GB")) },
      ...series.map(
        ({ label, color: name, kind }, i): UPlot.Series => ({
          label,
          stroke: kind === "line" ? color(name) : "transparent",
          width: kind === "line" ? 1.75 : 0,
          ...(kind === "line" && {
            points: { size: 4, fill: color(name), width: 0 },
            gaps: (plot, _, __, ___, gaps) => gaps.filter(([start, end]) => end - start > joinOf(plot, latest, i)),
          }),
          ...(kind === "bars" && {
            fill: color(name),
            points: { show: false },
            ...(UPlot.paths.bars !== undefined && { paths: UPlot.paths.bars({ size: [0.8, 40], align: 1 }) }),
          }),
          value: (_, value, __, index) => {
            const { shown } = latest.current.series[i] ?? {};
            const said = shown === undefined || index === null ? value : shown[index];
            return said === null || said === undefined ? "" : format(said);
          },
        }),
      ),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select;
          const at = (px: number) => Math.round(plot.posToVal(px, "x") * 1000);
          const [from, to] = [at(left), at(left + selected)];
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          plot.setData(dataOf(latest.current));
          if (selected >= MIN_SELECTED_PX) latest.current.onSelect(from, to);
        },
      ],
    },
  };
}

/** How long a gap in a curve may be, in pixels of the canvas, to be drawn through. */
function joinOf(plot: UPlot, latest: { current: ChartProperties }, i: number): number {
  const { times, series } = latest.current;
  return (longestJoin(series[i]?.values ?? []) + 0.5) * (plot.bbox.width / times.length);
}

const DAY_SECONDS = 86_400;

/** The reader's own clock; the date where a day begins or steps are days. */
function timeLabels(_: UPlot, splits: number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((split, i) => {
    const moment = new Date(split * 1000);
    const date = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
    if (step >= DAY_SECONDS) return date;
    const clock = moment.toLocaleTimeString("en-GB", {
      hour: "2-digit",
      minute: "2-digit",
      ...(step < 60 && { second: "2-digit" }),
    });
    const before = splits[i - 1];
    const isNewDay = before !== undefined && new Date(before * 1000).getDate() !== moment.getDate();
    return isNewDay ? `${date} ${clock}` : clock;
  });
}
