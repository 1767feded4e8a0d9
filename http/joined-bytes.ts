const NO_BYTES = Buffer.alloc(0);

/**
 * Bytes that come in parts. The first part is kept as it is, because most bodies have no other. Further ones are copied into a buffer
 * that doubles when it is full: each part that was kept would take some 700 bytes beside its own, and a client may send parts of one byte.
 */
export class JoinedBytes {
  length = 0;
  #room: Buffer = NO_BYTES;

  add(part: Buffer): void {
    const before = this.length;
    this.length += part.length;
    if (before === 0) {
      this.#room = part;
      return;
    }
    if (this.length > this.#room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.length, 2 * this.#room.length));
      this.#room.copy(larger, 0, 0, before);
      this.#room = larger;
    }
    part.copy(this.#room, before);
  }

  /** All bytes so far. They are kept no longer here. */
  take(): Buffer {
    const bytes = this.length === this.#room.length ? this.#room : this.#room.subarray(0, this.length);
    this.#room = NO_BYTES;
    this.length = 0;
    return bytes;
  }
}
