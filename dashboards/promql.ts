// The few shapes of PromQL that panels and rules are made of.

/** A metric's series; `labels` are matchers such as `job="pulse-ingest"`. */
export function series(metric: string, ...labels: string[]): string {
  return labels.length === 0 ? metric : `${metric}{${labels.join(",")}}`;
}

/** Per second and label set, for a curve's shape. It misses what a process counted before it was first seen. */
export function rate(counter: string, window: string, by: readonly string[] = []): string {
  return sum(`rate(${counter}[${window}])`, by);
}

/**
 * How much counters grew in a window, whole. `increase` leaves out what a process had counted when it was first seen (a
 * function that starts from zero: 37 of 40); a series that was not there when the window began is taken at its height.
 */
export function total(counter: string, window: string, by: readonly string[] = []): string {
  const grown = `(increase(${counter}[${window}]) and ${counter} offset ${window})`;
  const begun = `(max_over_time(${counter}[${window}]) unless ${counter} offset ${window})`;
  return sum(`${grown} or ${begun}`, by);
}

/** A quantile of a histogram over a window. */
export function quantile(q: number, histogram: string, window: string, by: readonly string[] = []): string {
  const [name, labels] = split(histogram);
  return `histogram_quantile(${q}, ${rate(`${name}_bucket${labels}`, window, ["le", ...by])})`;
}

/** A histogram's mean over a window. */
export function mean(histogram: string, window: string, by: readonly string[] = []): string {
  const [name, labels] = split(histogram);
  return `${rate(`${name}_sum${labels}`, window, by)} / ${rate(`${name}_count${labels}`, window, by)}`;
}

/** The buckets, the count or the sum of a histogram's series. */
export function part(histogram: string, suffix: "bucket" | "count" | "sum"): string {
  const [name, labels] = split(histogram);
  return `${name}_${suffix}${labels}`;
}

/** The sum by labels, or of all. */
export function sum(expression: string, by: readonly string[] = []): string {
  return by.length === 0 ? `sum(${expression})` : `sum by (${by.join(", ")}) (${expression})`;
}

/** The expression, or 0 where it has no series: a count of what never happened. */
export function orZero(expression: string): string {
  return `(${expression}) or vector(0)`;
}

/** A part of a whole, 0 where there is no such part, nothing where there is no whole. */
export function ratio(partial: string, whole: string): string {
  return `((${partial}) or 0 * (${whole})) / ((${whole}) > 0)`;
}

function split(selector: string): [name: string, labels: string] {
  const brace = selector.indexOf("{");
  return brace === -1 ? [selector, ""] : [selector.slice(0, brace), selector.slice(brace)];
}

/** A selector with more matchers. */
export function withLabels(selector: string, ...labels: string[]): string {
  const [name, known] = split(selector);
  return series(name, ...(known === "" ? [] : [known.slice(1, -1)]), ...labels);
}
