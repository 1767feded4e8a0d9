// Numbers and texts as bytes: the same values give the same bytes, everywhere.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes values one after the other. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** A whole number from 0 to 2^53: seven bits a byte, the lowest first; all but the last byte have the top bit. */
  whole(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  text(value: string): void {
    const utf8 = encoder.encode(value);
    this.whole(utf8.length);
    this.#reserve(utf8.length);
    this.#bytes.set(utf8, this.#length);
    this.#length += utf8.length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * this.#bytes.length + more);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Reads the values of a {@link ByteWriter} in their order. @throws {RangeError} beyond the end */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  whole(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError(`Expected more than ${this.#bytes.length} bytes, got their end`);
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
    }
  }

  double(): number {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    const value = new DataView(buffer, byteOffset, byteLength).getFloat64(this.#at);
    this.#at += 8;
    return value;
  }

  text(): string {
    const length = this.whole();
    if (this.#at + length > this.#bytes.length)
      throw new RangeError(`Expected a text of ${length} bytes, got ${this.#bytes.length - this.#at}`);
    const value = decoder.decode(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return value;
  }
}
