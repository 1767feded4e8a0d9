import type { Registry } from "prom-client";
import { LATENCY_BUCKETS } from "./buckets.ts";
import { METRICS } from "./names.ts";
import { PlainHistogram, type Series } from "./plain-histogram.ts";
import { registerScraped, type Sample } from "./scraped-metric.ts";

/** Counts a function's requests by method and answer. */
export class RequestMetrics {
  readonly #function: string;
  readonly #latency: PlainHistogram;
  /** By method: the number of requests by status, and their durations. */
  readonly #methods = new Map<string, { codes: Map<number, number>; seconds: Series }>();

  constructor(registers: Registry[], functionName: string) {
    this.#function = functionName;
    registerScraped({
      name: METRICS.requests,
      help: "Requests by function, method and answer.",
      type: "counter",
      registers,
      samples: () => this.#requests(),
    });
    this.#latency = new PlainHistogram({
      name: METRICS.requestLatency,
      help: "Seconds from a request's headers to its answer.",
      buckets: LATENCY_BUCKETS,
      registers,
    });
  }

  observe(method: string, code: number, seconds: number): void {
    let counts = this.#methods.get(method);
    if (counts === undefined) {
      counts = { codes: new Map(), seconds: this.#latency.labels({ function: this.#function, method }) };
      this.#methods.set(method, counts);
    }
    counts.codes.set(code, (counts.codes.get(code) ?? 0) + 1);
    counts.seconds.observe(seconds);
  }

  *#requests(): Iterable<Sample> {
    for (const [method, { codes }] of this.#methods) {
      for (const [code, value] of codes) yield { labels: { function: this.#function, method, code }, value };
    }
  }
}
