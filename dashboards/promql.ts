// The few shapes of PromQL that panels and rules consist of.

/** A metric's series; `labels` are matchers such as `job="pulse-ingest"`. */
export function series(metric: string, ...labels: string[]): string {
  return labels.length === 0 ? metric : `${metric}{${labels.join(",")}}`;
}

/** A selector with more matchers. */
export function withLabels(selector: string, ...labels: string[]): string {
  const [metric = "", known] = selector.split(/\{(.*)\}$/);
  return series(metric, ...(known === undefined ? [] : [known]), ...labels);
}

/** The buckets, the count or the sum of a histogram's series. */
export function part(histogram: string, suffix: "bucket" | "count" | "sum"): string {
  return histogram.replace(/(?=\{)|$/, `_${suffix}`);
}

/** Per second, for a curve's shape. It misses what a process counted before its first scrape. */
export function rate(counter: string, window: string, by: readonly string[] = []): string {
  return sum(`rate(${counter}[${window}])`, by);
}

/** For so long scrapes may fail, and a series goes on after it. `offset` alone finds nothing at the moment of a failed scrape. */
const LONGEST_GAP = "1h";

/**
 * How much counters grew in a window, whole. `increase` leaves out what a process counted before its first scrape (of a
 * function that starts from zero it saw 37 of 40), so a series that begins within the window counts at its height.
 */
export function total(counter: string, window: string, by: readonly string[] = []): string {
  const before = `last_over_time(${counter}[${LONGEST_GAP}] offset ${window})`;
  const grown = `(increase(${counter}[${window}]) and ${before})`;
  const begun = `(max_over_time(${counter}[${window}]) unless ${before})`;
  return sum(`${grown} or ${begun}`, by);
}

/** A quantile of a histogram over a window. */
export function quantile(q: number, histogram: string, window: string, by: readonly string[] = []): string {
  return `histogram_quantile(${q}, ${rate(part(histogram, "bucket"), window, ["le", ...by])})`;
}

/** A histogram's mean over a window. */
export function mean(histogram: string, window: string): string {
  return `${rate(part(histogram, "sum"), window)} / ${rate(part(histogram, "count"), window)}`;
}

export const sum = aggregation("sum");
export const max = aggregation("max");
export const min = aggregation("min");
export const count = aggregation("count");

/** Over all series, or over those with the same values of some labels. */
function aggregation(operator: string) {
  return (expression: string, by: readonly string[] = []): string =>
    by.length === 0 ? `${operator}(${expression})` : `${operator} by (${by.join(", ")}) (${expression})`;
}

/** The expression, or 0 where it has no series: a count of what never happened. */
export function orZero(expression: string): string {
  return `(${expression}) or vector(0)`;
}

/** What is left of a count without those of its parts that another counts. Extrapolated apart, the two may differ a little. */
export function less(counted: string, parts: string): string {
  return `clamp_min((${counted}) - (${orZero(parts)}), 0)`;
}

/** A part of a whole: 0 where the part has no series, nothing where the whole has none. */
export function ratio(partial: string, whole: string): string {
  return `((${partial}) or 0 * (${whole})) / ((${whole}) > 0)`;
}
