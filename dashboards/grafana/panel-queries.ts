// Queries that only panels ask, over the windows that Grafana fills in.
import { max, mean, part, quantile, rate, sum } from "../promql.ts";
import type { Query } from "./panel.ts";

/** The shortest window that fits a curve's resolution. */
export const WINDOW = "$__rate_interval";
/** The time that the reader has chosen. */
export const RANGE = "$__range";

/** How much a counter grows in a second, by labels. */
export function perSecond(counter: string, by: readonly string[] = []): string {
  return rate(counter, WINDOW, by);
}

/** The same, a curve for each value of a label. */
export function perSecondBy(label: string, counter: string, ending = ""): Query {
  return [perSecond(counter, [label]), `{{${label}}} ${ending}`.trim()];
}

/** The largest value, a curve for each value of a label. */
export function maxBy(label: string, gauge: string, ending = ""): Query {
  return [max(gauge, [label]), `{{${label}}} ${ending}`.trim()];
}

/** A histogram's quantiles `of` 0 to 1, one curve each, `by` the values of labels. */
export function percentiles(
  histogram: string,
  { of = [0.5, 0.9, 0.99], by = [] }: { of?: readonly number[]; by?: readonly string[] } = {},
): Query[] {
  const labels = by.map((label) => `{{${label}}} `).join("");
  return of.map((q) => [quantile(q, histogram, WINDOW, by), `${labels}p${q * 100}`]);
}

/** Two curves of a histogram of sizes. */
export function meanAndP99(histogram: string): Query[] {
  return [[mean(histogram, WINDOW), "mean"], ...percentiles(histogram, { of: [0.99] })];
}

/** How many observations fall into each bucket, for a heat map. */
export function bucketGrowth(histogram: string): Query {
  return [sum(`increase(${part(histogram, "bucket")}[${WINDOW}])`, ["le"]), "{{le}}"];
}
