import type { ByteReader, ByteWriter } from "./bytes.ts";

/** A percentile of a sketch is off by less than this share of the exact one. A little below 1 %, so that rounding never exceeds it. */
export const RELATIVE_ACCURACY = 0.0099;
/** A smaller value counts as zero. */
export const SMALLEST = 1e-6;
/** A larger value counts as this one: the longest latency of a pulse, a day. */
export const LARGEST = 86_400_000;

const GAMMA = (1 + RELATIVE_ACCURACY) / (1 - RELATIVE_ACCURACY);
const BINS_PER_E = 1 / Math.log(GAMMA);
const FIRST_BIN = Math.ceil(Math.log(SMALLEST) * BINS_PER_E);
const BINS = Math.ceil(Math.log(LARGEST) * BINS_PER_E) - FIRST_BIN + 1;

/** What each bin stands for: the value that is off from both ends of (γ^(k-1), γ^k] by the same share. */
const VALUES = Float64Array.from({ length: BINS }, (_, i) => (2 * GAMMA ** (FIRST_BIN + i)) / (GAMMA + 1));

/**
 * A DDSketch (Masson, Rim and Lee, 2019) of values from 0 to {@link LARGEST}: it counts them in bins whose ends grow by a
 * constant factor. Sketches merge exactly, in any order: the merged one is that of all values. The bins span the range
 * of latencies, so that none is ever joined with another: 13 kB.
 */
export class Sketch {
  readonly #bins = new Float64Array(BINS);
  #zeros = 0;
  #count = 0;

  add(value: number): void {
    this.#count++;
    if (value < SMALLEST) this.#zeros++;
    else (this.#bins[binOf(value)] as number)++;
  }

  merge(other: Sketch): void {
    this.#count += other.#count;
    this.#zeros += other.#zeros;
    for (let i = 0; i < BINS; i++) (this.#bins[i] as number) += other.#bins[i] as number;
  }

  /** Writes the bins that hold something, each by its distance from the one before. */
  write(to: ByteWriter): void {
    to.whole(this.#zeros);
    to.whole(this.#bins.reduce((filled, count) => filled + Math.sign(count), 0));
    let next = 0;
    for (let i = 0; i < BINS; i++) {
      if (this.#bins[i] === 0) continue;
      to.whole(i - next);
      to.whole(this.#bins[i] as number);
      next = i + 1;
    }
  }

  /** Adds what was written of another. */
  addFrom(from: ByteReader): void {
    const zeros = from.whole();
    this.#zeros += zeros;
    this.#count += zeros;
    let i = 0;
    for (let left = from.whole(); left > 0; left--, i++) {
      i += from.whole();
      const count = from.whole();
      if (i >= BINS) throw new RangeError(`Expected a bin below ${BINS}, got ${i}`);
      (this.#bins[i] as number) += count;
      this.#count += count;
    }
  }

  /** About the value at a place in the order of all, from 0 on: within 1 % of it, or 0 for one below {@link SMALLEST}. */
  valueAt(place: number): number {
    let before = this.#zeros;
    if (place < before) return 0;
    for (let i = 0; i < BINS; i++) {
      before += this.#bins[i] as number;
      if (place < before) return VALUES[i] as number;
    }
    throw new RangeError(`Expected a place below ${this.#count}, got ${place}`);
  }
}

function binOf(value: number): number {
  return Math.min(BINS - 1, Math.ceil(Math.log(value) * BINS_PER_E) - FIRST_BIN);
}
