import type { Histogram, Registry } from "prom-client";

export interface PlainHistogramOptions {
  name: string;
  help: string;
  /** Upper bounds, ascending. */
  buckets: readonly number[];
  registers: readonly Registry[];
}

/**
 * A histogram that stays plain numbers until a scrape, for what happens once a request or a pulse: prom-client hashes the
 * labels at every observation, which takes about a microsecond.
 */
export class PlainHistogram {
  readonly #buckets: readonly number[];
  readonly #series: { labels: Record<string, string>; series: Series }[] = [];

  constructor({ name, help, buckets, registers }: PlainHistogramOptions) {
    this.#buckets = buckets;
    const get = async () => ({ name, help, type: "histogram", aggregator: "sum", values: this.#values(name) });
    // A registry reads only a metric's name and values.
    for (const register of registers) register.registerMetric({ name, get } as unknown as Histogram);
  }

  /** Opens the series of these labels. The caller keeps it: a second call would open a second series. */
  labels(labels: Record<string, string>): Series {
    const series = new Series(this.#buckets);
    this.#series.push({ labels, series });
    return series;
  }

  #values(name: string) {
    return this.#series.flatMap(({ labels, series }) => {
      let count = 0;
      const buckets = series.counts.map((inBucket, i) => {
        count += inBucket;
        return { metricName: `${name}_bucket`, labels: { le: this.#buckets[i] ?? "+Inf", ...labels }, value: count };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: series.sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
  }
}

/** The observations of one label set. */
export class Series {
  readonly #buckets: readonly number[];
  /** One count a bucket, not cumulative; the last one counts what lies above all bounds. */
  readonly counts: number[];
  sum = 0;

  constructor(buckets: readonly number[]) {
    this.#buckets = buckets;
    this.counts = new Array(buckets.length + 1).fill(0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#buckets.length && value > (this.#buckets[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }
}
