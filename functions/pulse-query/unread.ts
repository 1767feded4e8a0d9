import { Readable } from "node:stream";
import { firstToShed } from "../../http/shedding.ts";

/** What all live streams may leave unread together. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/**
 * Bounds the memory of what waits for the listeners of all live streams: beyond it, the newest stream of the client that leaves most
 * unread ends. A piece for which several wait is held once, and each of them has its share: else a wall of many screens would count as
 * much as one client that makes as many different beginnings.
 */
export class Unread {
  readonly #maxBytes: number;
  /** By piece, how many hold it. */
  readonly #holders = new Map<Buffer, number>();
  /** The oldest first. */
  readonly #streams = new Set<UnreadStream>();
  /** Pieces that are held to be shared with streams that come, and what is called when they are not any more. */
  readonly #kept = new Map<readonly Buffer[], () => void>();
  #bytes = 0;

  constructor(maxBytes = MAX_UNREAD_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** What is held, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A new stream of a client. */
  open(client: string): UnreadStream {
    const stream = new UnreadStream(this, client);
    this.#streams.add(stream);
    stream.readable.on("close", () => this.#drop(stream));
    return stream;
  }

  hold(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      const holders = this.#holders.get(piece) ?? 0;
      if (holders === 0) this.#bytes += piece.length;
      this.#holders.set(piece, holders + 1);
    }
  }

  release(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      const holders = (this.#holders.get(piece) as number) - 1;
      if (holders > 0) this.#holders.set(piece, holders);
      else {
        this.#holders.delete(piece);
        this.#bytes -= piece.length;
      }
    }
  }

  /** Holds pieces to share them, until they are forgotten; of those for which nobody waits, only while there is room. */
  keep(pieces: readonly Buffer[], onForgotten: () => void): void {
    this.hold(pieces);
    this.#kept.set(pieces, onForgotten);
  }

  forget(pieces: readonly Buffer[]): void {
    const onForgotten = this.#kept.get(pieces);
    if (onForgotten === undefined) return;
    this.#kept.delete(pieces);
    this.release(pieces);
    onForgotten();
  }

  /** Ends streams while too much is unread. */
  shed(): void {
    if (this.#bytes <= this.#maxBytes) return;
    this.#forgetSpare();
    const all = new Set(
      [...this.#streams].map((stream) => {
        return { stream, client: stream.client, bytes: this.#shareOf(stream), behindMs: 0 };
      }),
    );
    // One that leaves more unread than all may is kept while there is no other.
    while (this.#bytes > this.#maxBytes && all.size > 1) {
      const chosen = firstToShed(all);
      all.delete(chosen);
      this.#drop(chosen.stream);
      chosen.stream.readable.destroy();
      this.#forgetSpare();
    }
  }

  #forgetSpare(): void {
    for (const pieces of this.#kept.keys()) {
      if (pieces.every((piece) => this.#holders.get(piece) === 1)) this.forget(pieces);
    }
  }

  /** In bytes, of what it holds alone and with others. */
  #shareOf({ waiting }: UnreadStream): number {
    return waiting.reduce((sum, piece) => sum + piece.length / (this.#holders.get(piece) as number), 0);
  }

  #drop(stream: UnreadStream): void {
    this.#streams.delete(stream);
    this.release(stream.takeAll());
  }
}

/** A stream, and the pieces that its listener has not taken yet. */
export class UnreadStream {
  readonly readable: Readable;
  readonly client: string;
  readonly #unread: Pick<Unread, "hold" | "release">;
  #waiting: Buffer[] = [];
  #bytes = 0;
  /** Whether the listener has taken all, and waits for more. */
  #isAsked = false;
  #isEnded = false;

  constructor(unread: Pick<Unread, "hold" | "release">, client: string) {
    this.#unread = unread;
    this.client = client;
    // Of what waits, the Readable holds one piece at a time: all else is counted.
    this.readable = new Readable({ highWaterMark: 1, read: () => this.#next() });
  }

  get waiting(): readonly Buffer[] {
    return this.#waiting;
  }

  /** What waits, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  push(pieces: readonly Buffer[]): void {
    if (this.readable.destroyed) return;
    this.#unread.hold(pieces);
    for (const piece of pieces) {
      this.#waiting.push(piece);
      this.#bytes += piece.length;
    }
    if (this.#isAsked) this.#next();
  }

  /** Ends the stream once all is taken. */
  end(): void {
    this.#isEnded = true;
    if (this.#isAsked) this.#next();
  }

  /** Takes back what waits. */
  takeAll(): Buffer[] {
    const pieces = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return pieces;
  }

  #next(): void {
    const piece = this.#waiting.shift();
    this.#isAsked = piece === undefined;
    if (piece !== undefined) {
      this.#bytes -= piece.length;
      this.#unread.release([piece]);
      this.readable.push(piece);
    } else if (this.#isEnded) this.readable.push(null);
  }
}
