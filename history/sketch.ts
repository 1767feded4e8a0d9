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

/** Memory for bins is taken in such steps. */
const STEP = 64;

/** What each bin stands for: the value that is off from both ends of (γ^(k-1), γ^k] by the same share. */
const VALUES = Float64Array.from({ length: BINS }, (_, i) => (2 * GAMMA ** (FIRST_BIN + i)) / (GAMMA + 1));

/**
 * A DDSketch (Masson, Rim and Lee, 2019) of values from 0 to {@link LARGEST}: it counts them in bins whose ends grow by a
 * constant factor. Sketches merge exactly, in any order: the merged one is that of all values. The bins span the range
 * of latencies, so that none is ever joined with another: at most 13 kB, of which only those from the lowest to the highest
 * that holds something are there.
 */
export class Sketch {
  /** Those from `#first` on. */
  #bins = new Float64Array();
  #first = 0;
  #zeros = 0;
  #count = 0;

  add(value: number): void {
    this.#count++;
    if (value < SMALLEST) this.#zeros++;
    else this.#addTo(binOf(value), 1);
  }

  merge(other: Sketch): void {
    this.#count += other.#count;
    this.#zeros += other.#zeros;
    for (let i = 0; i < other.#bins.length; i++) {
      const count = other.#bins[i] as number;
      if (count > 0) this.#addTo(other.#first + i, count);
    }
  }

  /** Writes the bins that hold something, each by its distance from the one before. */
  write(to: ByteWriter): void {
    to.whole(this.#zeros);
    to.whole(this.#bins.reduce((filled, count) => filled + Math.sign(count), 0));
    let next = 0;
    for (let i = 0; i < this.#bins.length; i++) {
      if (this.#bins[i] === 0) continue;
      to.whole(this.#first + i - next);
      to.whole(this.#bins[i] as number);
      next = this.#first + i + 1;
    }
  }

  /** Adds what was written of another. */
  addFrom(from: ByteReader): void {
    const zeros = from.whole();
    this.#zeros += zeros;
    this.#count += zeros;
    let bin = 0;
    for (let left = from.whole(); left > 0; left--, bin++) {
      bin += from.whole();
      const count = from.whole();
      if (bin >= BINS) throw new RangeError(`Expected a bin below ${BINS}, got ${bin}`);
      this.#addTo(bin, count);
      this.#count += count;
    }
  }

  /** About the value at a place in the order of all, from 0 on: within 1 % of it, or 0 for one below {@link SMALLEST}. */
  valueAt(place: number): number {
    let before = this.#zeros;
    if (place < before) return 0;
    for (let i = 0; i < this.#bins.length; i++) {
      before += this.#bins[i] as number;
      if (place < before) return VALUES[this.#first + i] as number;
    }
    throw new RangeError(`Expected a place below ${this.#count}, got ${place}`);
  }

  #addTo(bin: number, count: number): void {
    if (bin < this.#first || bin >= this.#first + this.#bins.length) this.#makeRoomFor(bin);
    (this.#bins[bin - this.#first] as number) += count;
  }

  #makeRoomFor(bin: number): void {
    const isEmpty = this.#bins.length === 0;
    const first = Math.min(isEmpty ? BINS : this.#first, bin - (bin % STEP));
    const end = Math.max(isEmpty ? 0 : this.#first + this.#bins.length, bin - (bin % STEP) + STEP);
    const wider = new Float64Array(end - first);
    if (!isEmpty) wider.set(this.#bins, this.#first - first);
    this.#bins = wider;
    this.#first = first;
  }
}

function binOf(value: number): number {
  return Math.min(BINS - 1, Math.ceil(Math.log(value) * BINS_PER_E) - FIRST_BIN);
}
