import { longestJoin } from "./gaps.ts";
import { memo } from "./memo.ts";
import type { Trend } from "./trends.ts";

const WIDTH = 120;
const HEIGHT = 28;

/** The highest value of a trend; 0 where it has none. */
export function highestOf(trend: Trend | undefined): number {
  return Math.max(0, ...(trend ?? []).map((value) => value ?? 0));
}

/** A trend as a curve from 0 to its highest value, broken where there was no pulse. */
export const Sparkline = memo(({ trend, highest }: { trend: Trend | undefined; highest: number }) => {
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="base" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      {trend !== undefined && highest > 0 && <path class="curve" d={curveOf(trend, highest)} />}
    </svg>
  );
});

function curveOf(trend: Trend, highest: number): string {
  const join = longestJoin(trend);
  const points = trend.flatMap((value, i) => (value === null ? [] : [{ i, value }]));
  const isJoined = (a: number, b: number) => {
    const [left, right] = [points[a], points[b]];
    return left !== undefined && right !== undefined && right.i - left.i <= join;
  };
  let path = "";
  for (const [n, { i, value }] of points.entries()) {
    const x = (i * WIDTH) / (trend.length - 1);
    const y = (HEIGHT - 2 - ((HEIGHT - 4) * value) / highest).toFixed(1);
    // A lone value is a short stroke: a path of one point would be invisible.
    if (!isJoined(n - 1, n) && !isJoined(n, n + 1)) path += `M${Math.max(0, x - 1).toFixed(1)} ${y}h2`;
    else path += `${isJoined(n - 1, n) ? "L" : "M"}${x.toFixed(1)} ${y}`;
  }
  return path;
}
