import type { IncomingMessage, ServerResponse } from "node:http";
import { problem, tryLater } from "./problem.ts";
import type { HttpReply } from "./route.ts";

export interface BodyLimits {
  maxBodyBytes: number;
  /** Of all bodies being read at one time, so that memory does not grow with the number of clients. */
  maxReadingBytes: number;
  /** How long a client may take to send one body. */
  requestTimeoutMs: number;
}

/** Who wants a body: gets one of the two calls, once, and none when the client goes away. */
export interface BodyReceiver {
  take(body: Buffer): void;
  refuse(reply: HttpReply): void;
}

interface Reading {
  startedAt: number;
  bytes: number;
  receiver: BodyReceiver;
}

const NO_BODY = Buffer.alloc(0);

/** Reads request bodies whole, within limits of size, of time and of memory for all of them together. */
export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #onBytes: (bytes: number) => void;
  readonly #readings = new Set<Reading>();
  readonly #sweep: NodeJS.Timeout;
  #readingBytes = 0;

  /** `onBytes` is called with the size of each part of a body that comes in. */
  constructor(limits: BodyLimits, onBytes: (bytes: number) => void = () => undefined) {
    this.#limits = limits;
    this.#onBytes = onBytes;
    // One timer for all requests: a timer for each would cost more than the reading.
    this.#sweep = setInterval(() => this.#refuseSlow(), Math.min(500, limits.requestTimeoutMs / 2));
    this.#sweep.unref();
  }

  /**
   * Reads a request's body for `receiver`. `waiting` is the response to a client that sends its body only after 100
   * Continue: it gets that answer once its body is wanted.
   */
  read(request: IncomingMessage, receiver: BodyReceiver, waiting?: ServerResponse): void {
    const declared = request.headers["content-length"];
    if (declared === undefined && request.headers["transfer-encoding"] === undefined) {
      receiver.take(NO_BODY);
      return;
    }
    if (declared !== undefined && Number(declared) > this.#limits.maxBodyBytes) {
      receiver.refuse(this.#tooLarge());
      return;
    }
    waiting?.writeContinue();
    const chunks: Buffer[] = [];
    const reading: Reading = { startedAt: performance.now(), bytes: 0, receiver };
    this.#readings.add(reading);
    request.on("data", (chunk: Buffer) => {
      if (!this.#readings.has(reading)) return;
      this.#onBytes(chunk.length);
      reading.bytes += chunk.length;
      this.#readingBytes += chunk.length;
      if (reading.bytes > this.#limits.maxBodyBytes) this.#refuse(reading, this.#tooLarge());
      else if (this.#readingBytes > this.#limits.maxReadingBytes) this.#refuse(reading, tooManyBodies());
      else chunks.push(chunk);
    });
    request.on("end", () => {
      if (!this.#end(reading)) return;
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      // These listeners live until the request is answered, and would keep the bytes for as long.
      chunks.length = 0;
      receiver.take(body);
    });
    request.on("close", () => this.#end(reading));
  }

  /** Reads what is left of a body that nobody wants. */
  discard(request: IncomingMessage): void {
    request.on("data", (chunk: Buffer) => this.#onBytes(chunk.length));
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  /** @returns whether the body was still being read. */
  #end(reading: Reading): boolean {
    if (!this.#readings.delete(reading)) return false;
    this.#readingBytes -= reading.bytes;
    return true;
  }

  #refuse(reading: Reading, reply: HttpReply): void {
    this.#end(reading);
    reading.receiver.refuse(reply);
  }

  #refuseSlow(): void {
    const latest = performance.now() - this.#limits.requestTimeoutMs;
    for (const reading of this.#readings) {
      // A Set keeps the order of insertion: the first reading that is in time ends the search.
      if (reading.startedAt > latest) return;
      this.#refuse(reading, tooSlow(this.#limits.requestTimeoutMs));
    }
  }

  #tooLarge(): HttpReply {
    return problem(
      413,
      "Content too large",
      `Expected a body of at most ${this.#limits.maxBodyBytes} bytes: send several requests.`,
    );
  }
}

function tooSlow(timeoutMs: number): HttpReply {
  return problem(408, "Request timeout", `Expected the whole request within ${timeoutMs} ms.`);
}

// 429 and not 503: nothing is broken, a burst of clients ends when they send more slowly.
function tooManyBodies(): HttpReply {
  return tryLater(429, "Too many bytes are being received at this moment.", 1000);
}
