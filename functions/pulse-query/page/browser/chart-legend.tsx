import type { ChartProperties } from "./chart-options.ts";
import { formatTime } from "./format.ts";

/** The curves by name, with their values under the pointer. A press hides one, or shows it again. */
export function ChartLegend({ chart, pointed }: { chart: ChartProperties; pointed: number | null }) {
  const { legend, series, times, format, onToggle } = chart;
  const time = pointed === null ? undefined : times[pointed];
  return (
    <div class="chart-legend">
      <span class="pointed">{time !== undefined && formatTime(new Date(time).toISOString(), Date.now())}</span>
      {legend.map(({ label, color }) => {
        const one = series.find((shown) => shown.label === label);
        const value = pointed === null ? undefined : (one?.shown ?? one?.values)?.[pointed];
        return (
          <button key={label} type="button" aria-pressed={one !== undefined} onClick={() => onToggle(label)}>
            <span class="dot" style={{ background: `var(--${color})` }} />
            {label}
            <b>{value === undefined || value === null ? "" : format(value)}</b>
          </button>
        );
      })}
    </div>
  );
}
