import UPlot from "uplot";
import { loneValues, longestJoin } from "./gaps.ts";

/** One curve, or one row of bars. */
export interface ChartSeries {
  label: string;
  /** A colour of the style sheet: the name of its custom property. */
  color: string;
  values: (number | null)[];
  kind: "line" | "bars";
  /** The legend's values, where they differ from the drawn ones. */
  shown?: (number | null)[];
}

/** A moment (epoch ms) that a chart marks, and where to read more of it. */
export interface ChartMark {
  time: number;
  words: string;
  link: string | null;
}

export interface ChartProperties {
  title: string;
  /** The chart in words, for a reader who does not see it. */
  summary: string;
  /** Epoch ms. */
  times: number[];
  span: { from: number; to: number };
  /** Those that are shown. */
  series: ChartSeries[];
  /** The names of all curves, with their colours. */
  legend: readonly Pick<ChartSeries, "label" | "color">[];
  /** Called with the name of a curve that the reader shows or hides. */
  onToggle(label: string): void;
  /** Whether each step up is ten times the one before. */
  isLogarithmic?: boolean;
  marks?: readonly ChartMark[];
  format(value: number): string;
  /** Called with the span, in epoch ms, that the reader has drawn with the pointer. */
  onSelect(from: number, to: number): void;
}

export const CHART_HEIGHT = 210;
const NARROW = 480;
const MIN_SELECTED_PX = 8;

/** The values to draw, as uPlot wants them: times in seconds first. */
export function dataOf({ times, series }: ChartProperties): UPlot.AlignedData {
  return [times.map((time) => time / 1000), ...series.map(({ values }) => values)];
}

/** How uPlot draws into an element. What can change while a chart stays is read from `latest` when it is drawn. */
export function optionsOf(
  latest: { current: ChartProperties },
  element: HTMLElement,
  onPoint: (index: number | null) => void,
): UPlot.Options {
  const color = (name: string) => resolveColor(element, name);
  const width = element.clientWidth;
  const axis: UPlot.Axis = {
    stroke: color("quiet"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: color("line"), width: 1 },
    ticks: { show: false },
  };
  const { series, format, isLogarithmic = false } = latest.current;
  return {
    width,
    height: CHART_HEIGHT,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      sync: { key: "service", setSeries: false },
      points: { size: 6 },
    },
    scales: {
      x: { time: true, range: () => [latest.current.span.from / 1000, latest.current.span.to / 1000] },
      y: isLogarithmic
        ? { distr: 3, range: (_, min, max) => [decade(Math.floor, min), decade(Math.ceil, max)] }
        : { range: (_, __, max) => [0, (max || 1) * 1.08] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 30, values: timeLabels, space: width < NARROW ? 70 : 90 },
      {
        ...axis,
        grid: { ...axis.grid, ...(isLogarithmic && { filter: (_, splits) => splits.map(decadeOrNone) }) },
        size: 64,
        values: (_, splits) => splits.map((split) => nameOf(split, format)),
      },
    ],
    series: [
      {},
      ...series.map(
        ({ label, color: name, kind }, i): UPlot.Series => ({
          label,
          stroke: kind === "line" ? color(name) : "transparent",
          width: kind === "line" ? 1.75 : 0,
          ...(kind === "line" && {
            points: {
              size: 4,
              fill: color(name),
              width: 0,
              // Where the points lie too close to show them all, those that stand alone would be nowhere.
              filter: (_, __, isEachShown) => (isEachShown ? null : loneValues(latest.current.series[i]?.values ?? [])),
            },
            gaps: (plot, _, __, ___, gaps) => gaps.filter(([start, end]) => end - start > joinOf(plot, latest, i)),
          }),
          ...(kind === "bars" && {
            fill: color(name),
            points: { show: false },
            ...(UPlot.paths.bars !== undefined && { paths: UPlot.paths.bars({ size: [0.8, 40], align: 1 }) }),
          }),
        }),
      ),
    ],
    hooks: {
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
      draw: [(plot) => drawMarks(plot, latest.current.marks ?? [], color)],
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

/** The value of a custom property for a canvas, which knows neither var() nor light-dark(). */
function resolveColor(element: HTMLElement, name: string): string {
  element.style.color = `var(--${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = "";
  return color;
}

/** A value of an axis; on a logarithmic one uPlot leaves out those between the decades. */
function nameOf(split: number | null, format: (value: number) => string): string {
  return split === null ? "" : format(split).replace(/\.0(?= )/, "");
}

function decadeOrNone(value: number): number | null {
  return Number.isInteger(Number(Math.log10(value).toFixed(6))) ? value : null;
}

function decade(round: (exponent: number) => number, value: number | null): number {
  return 10 ** round(Math.log10(value || 1));
}

/** A line from top to bottom at each moment, with its words. */
function drawMarks(plot: UPlot, marks: readonly ChartMark[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = color("quiet");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  for (const { time, words } of marks) {
    const x = Math.round(plot.valToPos(time / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const isLeft = x > bbox.left + bbox.width / 2;
    ctx.textAlign = isLeft ? "right" : "left";
    ctx.fillText(words, x + (isLeft ? -4 : 4) * devicePixelRatio, bbox.top + 10 * devicePixelRatio);
  }
  ctx.restore();
}

/** The longest gap that a curve is drawn through, in pixels of the canvas. */
function joinOf(plot: UPlot, latest: { current: ChartProperties }, i: number): number {
  const { times, series } = latest.current;
  return (longestJoin(series[i]?.values ?? []) + 0.5) * (plot.bbox.width / times.length);
}

const DAY_SECONDS = 86_400;

/** Times by the reader's clock; dates where a day begins, or where steps are days. */
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
