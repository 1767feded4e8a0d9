// A curve is broken where a service was silent, and not at every step of time without a pulse.

/** A curve is broken at a gap longer than so many times the curve's median gap. */
const BROKEN_AFTER_GAPS = 3;

/** The places of values that no curve reaches: it is broken before and after each. */
export function loneValues(values: readonly (number | null)[]): number[] {
  const join = longestJoin(values);
  const places = [...values.keys()].filter((i) => values[i] !== null);
  return places.filter((place, i) => {
    const before = place - (places[i - 1] ?? Number.NEGATIVE_INFINITY);
    const after = (places[i + 1] ?? Number.POSITIVE_INFINITY) - place;
    return before > join && after > join;
  });
}

/** The most steps between two values that a curve joins. */
export function longestJoin(values: readonly (number | null)[]): number {
  const gaps: number[] = [];
  let last: number | undefined;
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    if (last !== undefined) gaps.push(i - last);
    last = i;
  }
  gaps.sort((a, b) => a - b);
  return (gaps[Math.floor(gaps.length / 2)] ?? 1) * BROKEN_AFTER_GAPS;
}
