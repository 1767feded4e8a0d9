import { DDSketch } from "@datadog/sketches-js";

/** So many latencies are kept as they are, and their percentiles are exact. More go into a sketch. */
export const EXACT_UP_TO = 500;
const RELATIVE_ACCURACY = 0.01;
/**
 * Percentiles of a sketch take a smaller latency for zero. A sketch grows with the ratio of the largest to the smallest
 * value: with the largest latency that a pulse may have, this bounds a sketch to 1,600 counters.
 */
const SMALLEST_MS = 1e-6;

/** The latencies of a span, in memory that does not grow with their number. None has `undefined` for each figure. */
export class Latencies {
  count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #exact: number[] = [];
  #isSorted = true;
  #sketch: DDSketch | undefined;

  add(ms: number): void {
    this.count++;
    this.#sum += ms;
    if (ms < this.#min) this.#min = ms;
    if (ms > this.#max) this.#max = ms;
    if (this.#sketch !== undefined) {
      accept(this.#sketch, ms);
      return;
    }
    this.#exact.push(ms);
    this.#isSorted = false;
    if (this.count <= EXACT_UP_TO) return;
    const sketch = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
    for (const one of this.#exact) accept(sketch, one);
    this.#sketch = sketch;
    this.#exact = [];
  }

  get min(): number | undefined {
    return this.count === 0 ? undefined : this.#min;
  }

  get max(): number | undefined {
    return this.count === 0 ? undefined : this.#max;
  }

  get mean(): number | undefined {
    return this.count === 0 ? undefined : this.#sum / this.count;
  }

  /** By nearest rank: the smallest latency that at least `percent` % of all do not exceed. A sketch has it within 1 %. */
  percentile(percent: number): number | undefined {
    if (this.count === 0) return undefined;
    const place = Math.ceil((percent * this.count) / 100) - 1;
    if (this.#sketch === undefined) {
      if (!this.#isSorted) this.#exact.sort((a, b) => a - b);
      this.#isSorted = true;
      return this.#exact[place];
    }
    // The sketch takes the value at the rank quantile × (count − 1), rounded down: half a rank keeps rounding errors away.
    const value = this.#sketch.getValueAtQuantile(Math.min(1, (place + 0.5) / (this.count - 1)));
    // The sketch answers with the middle of a range, which may lie outside of all latencies at the ends.
    return Math.min(this.#max, Math.max(this.#min, value));
  }
}

function accept(sketch: DDSketch, ms: number): void {
  sketch.accept(ms < SMALLEST_MS ? 0 : ms);
}
