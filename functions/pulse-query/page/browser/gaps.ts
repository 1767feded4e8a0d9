// A curve is broken where a service was silent, not where a step of time just happened to hold no pulse: a gap is one that
// is longer than three of the curve's usual gaps, as a service is late after three of its periods.
import { LATE_AFTER_PERIODS } from "../../../../events/lateness.ts";

/** The most steps between two values that still belong together. */
export function longestJoin(values: readonly (number | null)[]): number {
  const gaps: number[] = [];
  let last: number | undefined;
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    if (last !== undefined) gaps.push(i - last);
    last = i;
  }
  gaps.sort((a, b) => a - b);
  return (gaps[Math.floor(gaps.length / 2)] ?? 1) * LATE_AFTER_PERIODS;
}
