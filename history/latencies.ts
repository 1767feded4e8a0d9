import { ExactSum } from "./exact-sum.ts";
import { Sketch } from "./sketch.ts";

/** So many latencies are kept as they are, and their percentiles are exact. More go into a sketch. */
export const EXACT_UP_TO = 500;

/** The latencies of a span, in memory that does not grow with their number. None has `undefined` for each figure. */
export class Latencies {
  count = 0;
  readonly #sum = new ExactSum();
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #exact: number[] = [];
  #isSorted = true;
  #sketch: Sketch | undefined;

  add(ms: number): void {
    this.count++;
    this.#sum.add(ms);
    if (ms < this.#min) this.#min = ms;
    if (ms > this.#max) this.#max = ms;
    this.#keep(ms);
  }

  /** Adds all latencies of another: the figures are those of all, whatever was added in which order. */
  merge(other: Latencies): void {
    this.count += other.count;
    this.#sum.merge(other.#sum);
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    for (const ms of other.#exact) this.#keep(ms);
    if (other.#sketch !== undefined) this.#ensureSketch().merge(other.#sketch);
  }

  get min(): number | undefined {
    return this.count === 0 ? undefined : this.#min;
  }

  get max(): number | undefined {
    return this.count === 0 ? undefined : this.#max;
  }

  get mean(): number | undefined {
    return this.count === 0 ? undefined : this.#sum.value / this.count;
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
    // The sketch answers with the middle of a bin, which may lie outside of all latencies at the ends.
    return Math.min(this.#max, Math.max(this.#min, this.#sketch.valueAt(place)));
  }

  #keep(ms: number): void {
    if (this.#sketch !== undefined) {
      this.#sketch.add(ms);
      return;
    }
    this.#exact.push(ms);
    this.#isSorted = false;
    if (this.#exact.length > EXACT_UP_TO) this.#ensureSketch();
  }

  #ensureSketch(): Sketch {
    if (this.#sketch === undefined) {
      this.#sketch = new Sketch();
      for (const ms of this.#exact) this.#sketch.add(ms);
      this.#exact = [];
    }
    return this.#sketch;
  }
}
