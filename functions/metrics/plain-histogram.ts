import { registerScraped, type Sample, type ScrapedMetricOptions } from "./scraped-metric.ts";

/** A histogram that stays plain numbers until a scrape. */
export class PlainHistogram {
  readonly #buckets: readonly number[];
  readonly #series: { labels: Record<string, string>; series: Series }[] = [];

  /** @param options.buckets upper bounds, ascending */
  constructor({
    buckets,
    ...options
  }: Omit<ScrapedMetricOptions, "type" | "samples"> & { buckets: readonly number[] }) {
    this.#buckets = buckets;
    registerScraped({ ...options, type: "histogram", samples: () => this.#samples(options.name) });
  }

  /** Opens the series of these labels. The caller keeps it: a second call would open a second series. */
  labels(labels: Record<string, string>): Series {
    const series = new Series(this.#buckets);
    this.#series.push({ labels, series });
    return series;
  }

  *#samples(name: string): Iterable<Sample> {
    for (const { labels, series } of this.#series) {
      let count = 0;
      for (const [i, inBucket] of series.counts.entries()) {
        count += inBucket;
        yield { metricName: `${name}_bucket`, labels: { le: this.#buckets[i] ?? "+Inf", ...labels }, value: count };
      }
      yield { metricName: `${name}_sum`, labels, value: series.sum };
      yield { metricName: `${name}_count`, labels, value: count };
    }
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
