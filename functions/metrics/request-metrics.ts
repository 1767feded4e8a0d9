import { Counter, type Registry } from "prom-client";
import { LATENCY_BUCKETS } from "./buckets.ts";
import { METRICS } from "./names.ts";
import { PlainHistogram, type Series } from "./plain-histogram.ts";

/** Counts a function's requests by method and answer. The counts stay plain numbers until a scrape. */
export class RequestMetrics {
  readonly #function: string;
  readonly #latency: PlainHistogram;
  /** By method: the number of requests by status, and their durations. */
  readonly #methods = new Map<string, { codes: Map<number, number>; seconds: Series }>();

  constructor(registers: Registry[], functionName: string) {
    this.#function = functionName;
    const methods = this.#methods;
    new Counter({
      name: METRICS.requests,
      help: "Requests by function, method and answer.",
      labelNames: ["function", "method", "code"],
      registers,
      collect() {
        this.reset();
        for (const [method, { codes }] of methods) {
          for (const [code, count] of codes) this.inc({ function: functionName, method, code: String(code) }, count);
        }
      },
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
}
