import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import UPlot from "uplot";
import { ChartLegend } from "./chart-legend.tsx";
import { CHART_HEIGHT, type ChartProperties, dataOf, optionsOf } from "./chart-options.ts";
import { THEME_CHANGED } from "./theme.tsx";

/** A chart over time, drawn by uPlot. */
export function Chart(properties: ChartProperties & { children?: ComponentChildren }) {
  const { title, summary, times, span, series, marks, isLogarithmic = false, children } = properties;
  const [pointed, setPointed] = useState<number | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(properties);
  latest.current = properties;
  const drawn = useRef<UPlot | undefined>(undefined);
  const shape = `${series.map(({ label }) => label).join()} ${isLogarithmic}`;

  // Other curves or colours need a new chart; new data goes into the chart that is there. The chart reads the rest from
  // `latest` when it draws.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = () => {
      drawn.current?.destroy();
      drawn.current = new UPlot(optionsOf(latest, element, setPointed), dataOf(latest.current), element);
    };
    draw();
    const resized = new ResizeObserver(() => {
      drawn.current?.setSize({ width: element.clientWidth, height: CHART_HEIGHT });
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

  // While the reader draws a span, the curves stay as they are under the pointer. They go on when the span is drawn.
  useEffect(() => {
    const plot = drawn.current;
    if (plot !== undefined && plot.select.width === 0) plot.setData(dataOf(latest.current));
  }, [times, series, marks, span.from, span.to]);

  return (
    <figure class="chart card">
      <figcaption>
        <h2>{title}</h2>
        {children}
        <ChartLegend chart={properties} pointed={pointed} />
      </figcaption>
      <div class="plot" ref={place} role="img" aria-label={summary} />
    </figure>
  );
}
