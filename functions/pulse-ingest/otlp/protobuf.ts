// The wire format of protobuf (https://protobuf.dev/programming-guides/encoding/), as far as OTLP uses it.

/** Bytes that are no protobuf message. */
export class MalformedProtobuf extends Error {
  override name = "MalformedProtobuf";
}

const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;
const MAX_GROUPS = 64;
const TWO_32 = 4_294_967_296;

/** Reads a message field by field; throws {@link MalformedProtobuf} for what is none. */
export class Wire {
  readonly bytes: Buffer;
  at = 0;
  /** The tag of the field that {@link next} found: its number × 8 + its wire type. */
  tag = 0;
  /** What {@link nanos} read: whole milliseconds, and the nanoseconds beyond. */
  ms = 0;
  ns = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Goes to the next field of a message that ends at `end`. @returns its tag, 0 at the end */
  next(end: number): number {
    if (this.at === end) return 0;
    this.tag = this.varint(end);
    if (this.tag >>> 3 === 0 || this.tag >= TWO_32) throw new MalformedProtobuf("Expected a field's number");
    return this.tag;
  }

  /** A number of at most 64 bits, as a double: exact to 2^53. */
  varint(end: number): number {
    const { bytes, at } = this;
    // Nearly all are of one byte.
    if (at < end && (bytes[at] as number) < 128) {
      this.at = at + 1;
      return bytes[at] as number;
    }
    return this.#longVarint(end);
  }

  #longVarint(end: number): number {
    const { bytes } = this;
    let at = this.at;
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10 && at < end; i++) {
      const byte = bytes[at++] as number;
      if (byte < 128) {
        this.at = at;
        return value + byte * factor;
      }
      value += (byte - 128) * factor;
      factor *= 128;
    }
    throw new MalformedProtobuf("Expected a number that ends");
  }

  /** Where the bytes, text or message that begin here end. */
  length(end: number): number {
    const length = this.varint(end);
    if (length > end - this.at) throw new MalformedProtobuf("Expected a field that ends with its message");
    return this.at + length;
  }

  /** The 32 bits that begin here. */
  fixed32(end: number): number {
    const { at } = this;
    this.#step(4, end);
    return this.bytes.readUInt32LE(at);
  }

  /** A signed number of 64 bits, as text. */
  int64(end: number): string {
    const start = this.at;
    const value = this.varint(end);
    if (this.at - start <= 7) return String(value);
    let exact = 0n;
    for (let i = this.at - 1; i >= start; i--) exact = (exact << 7n) | BigInt((this.bytes[i] as number) & 127);
    return String(BigInt.asIntN(64, exact));
  }

  double(end: number): number {
    const { at } = this;
    this.#step(8, end);
    return this.bytes.readDoubleLE(at);
  }

  /** Nanoseconds in 64 bits, of which a double would lose some: into {@link ms} and {@link ns}. */
  nanos(end: number): void {
    const { at } = this;
    this.#step(8, end);
    const high = this.bytes.readUInt32LE(at + 4);
    // 2^32 is 4,294 million and 967,296: no step exceeds 2^53.
    const rest = high * 967_296 + this.bytes.readUInt32LE(at);
    this.ns = rest % 1e6;
    this.ms = high * 4294 + (rest - this.ns) / 1e6;
  }

  text(end: number): string {
    const stop = this.length(end);
    const start = this.at;
    this.at = stop;
    return start === stop ? "" : this.bytes.toString("utf8", start, stop);
  }

  /** Whether a text in ASCII begins here. */
  isAt(ascii: string): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < ascii.length; i++) if (bytes[at + i] !== ascii.charCodeAt(i)) return false;
    return true;
  }

  /** Whether the bytes that begin here have one that is not zero. */
  isSet(end: number): boolean {
    const stop = this.length(end);
    let isSet = false;
    while (this.at < stop) if (this.bytes[this.at++] !== 0) isSet = true;
    return isSet;
  }

  hex(end: number): string {
    const stop = this.length(end);
    const start = this.at;
    this.at = stop;
    return this.bytes.toString("hex", start, stop);
  }

  /** Passes over the field that {@link next} found. */
  skip(end: number, groups = 0): void {
    switch (this.tag & 7) {
      case VARINT:
        this.varint(end);
        return;
      case FIXED64:
        this.#step(8, end);
        return;
      case BYTES:
        this.at = this.length(end);
        return;
      case FIXED32:
        this.#step(4, end);
        return;
      case GROUP: {
        const last = (this.tag & ~7) | GROUP_END;
        if (groups === MAX_GROUPS) throw new MalformedProtobuf("Expected fewer groups within one another");
        while (this.next(end) !== 0) {
          if (this.tag >>> 0 === last >>> 0) return;
          this.skip(end, groups + 1);
        }
        throw new MalformedProtobuf("Expected a group that ends");
      }
      default:
        throw new MalformedProtobuf("Expected a known wire type");
    }
  }

  #step(bytes: number, end: number): void {
    if (bytes > end - this.at) throw new MalformedProtobuf("Expected a field that ends with its message");
    this.at += bytes;
  }
}
