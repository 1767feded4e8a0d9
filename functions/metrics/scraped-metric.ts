import type { Gauge, Registry } from "prom-client";

/** One line of a scrape. */
export interface Sample {
  /** @default the metric's name */
  metricName?: string;
  labels: Readonly<Record<string, string | number>>;
  value: number;
}

export interface ScrapedMetricOptions {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  registers: readonly Registry[];
  samples: () => Iterable<Sample>;
}

/**
 * Registers a metric whose samples are made at each scrape. What happens once a request or a pulse is kept as plain numbers
 * until then: prom-client hashes the labels at every observation, which takes about a microsecond.
 */
export function registerScraped({ registers, samples, ...metric }: ScrapedMetricOptions): void {
  const get = async () => ({ ...metric, aggregator: "sum", values: [...samples()] });
  // A registry reads only a metric's name and what `get` resolves to.
  for (const register of registers) register.registerMetric({ name: metric.name, get } as unknown as Gauge);
}
