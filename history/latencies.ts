import type { ByteReader, ByteWriter } from "./bytes.ts";
import { ExactSum } from "./exact-sum.ts";
import { EXACT_IN_ROLLUP, EXACT_UP_TO } from "./limits.ts";
import { Sketch } from "./sketch.ts";

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

  /** Writes the figures, and few latencies as they are or the sketch of many. */
  write(to: ByteWriter): void {
    to.whole(this.count);
    if (this.count === 0) return;
    to.double(this.#min);
    to.double(this.#max);
    this.#sum.write(to);
    if (this.count <= EXACT_IN_ROLLUP) for (const ms of this.#sorted()) to.double(ms);
    else (this.#sketch ?? sketchOf(this.#exact)).write(to);
  }

  /** Adds what was written of others. */
  addFrom(from: ByteReader): void {
    const count = from.whole();
    if (count === 0) return;
    this.count += count;
    this.#min = Math.min(this.#min, from.double());
    this.#max = Math.max(this.#max, from.double());
    this.#sum.addFrom(from);
    if (count <= EXACT_IN_ROLLUP) for (let left = count; left > 0; left--) this.#keep(from.double());
    else this.#ensureSketch().addFrom(from);
  }

  /** Whether percentiles are exact, and not within 1 %. */
  get isExact(): boolean {
    return this.#sketch === undefined;
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
    if (this.#sketch === undefined) return this.#sorted()[place];
    // The sketch answers with the middle of a bin, which may lie outside of all latencies at the ends.
    return Math.min(this.#max, Math.max(this.#min, this.#sketch.valueAt(place)));
  }

  #sorted(): readonly number[] {
    if (!this.#isSorted) this.#exact.sort((a, b) => a - b);
    this.#isSorted = true;
    return this.#exact;
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
    this.#sketch ??= sketchOf(this.#exact);
    this.#exact = [];
    return this.#sketch;
  }
}

function sketchOf(latencies: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const ms of latencies) sketch.add(ms);
  return sketch;
}
