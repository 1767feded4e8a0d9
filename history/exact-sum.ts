import type { ByteReader, ByteWriter } from "./bytes.ts";

const FRACTIONS = 2 ** 52;

/**
 * A sum of numbers from 0 on that is the same in any order of adding, which a sum of doubles is not. It keeps whole
 * numbers and fractions apart, both as integers. A fraction is kept to 2^-53: for a number from 1 on that is exact.
 */
export class ExactSum {
  #wholes = 0;
  #fractions = 0;

  add(value: number): void {
    const whole = Math.floor(value);
    this.#addParts(whole, Math.round((value - whole) * FRACTIONS));
  }

  merge(other: ExactSum): void {
    this.#addParts(other.#wholes, other.#fractions);
  }

  write(to: ByteWriter): void {
    to.whole(this.#wholes);
    to.whole(this.#fractions);
  }

  /** Adds what was written of another. */
  addFrom(from: ByteReader): void {
    this.#addParts(from.whole(), from.whole());
  }

  get value(): number {
    return this.#wholes + this.#fractions / FRACTIONS;
  }

  #addParts(wholes: number, fractions: number): void {
    this.#wholes += wholes;
    this.#fractions += fractions;
    if (this.#fractions < FRACTIONS) return;
    this.#fractions -= FRACTIONS;
    this.#wholes++;
  }
}
