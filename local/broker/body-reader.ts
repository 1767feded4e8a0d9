import type { IncomingMessage } from "node:http";
import { type Problem, RETRY_SOON } from "./problem.ts";

export interface BodyLimits {
  /** Of one body. */
  maxBodyBytes: number;
  /** Of all bodies being read: with it, memory does not grow with the number of clients. */
  maxReadingBytes: number;
  /** How long a client may take to send one body. */
  requestTimeoutMs: number;
}

interface Reading {
  startedAt: number;
  bytes: number;
  refuse: (problem: Problem) => void;
}

const NO_BODY = Buffer.alloc(0);

/** Reads request bodies whole, within limits of size, of time and of memory for all of them together. */
export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #readings = new Set<Reading>();
  readonly #sweep: NodeJS.Timeout;
  #readingBytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
    // One timer for all: a timer for each request would cost more than reading it.
    this.#sweep = setInterval(() => this.#refuseSlow(), Math.min(500, limits.requestTimeoutMs / 2));
    this.#sweep.unref();
  }

  /** Calls one of `done` and `refuse`, once; neither if the client goes away. */
  read(request: IncomingMessage, done: (body: Buffer) => void, refuse: (problem: Problem) => void): void {
    const declared = request.headers["content-length"];
    if (declared === undefined && request.headers["transfer-encoding"] === undefined) {
      done(NO_BODY);
      return;
    }
    if (declared !== undefined && Number(declared) > this.#limits.maxBodyBytes) {
      refuse(this.#tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    const reading: Reading = { startedAt: performance.now(), bytes: 0, refuse };
    this.#readings.add(reading);
    request.on("data", (chunk: Buffer) => {
      if (!this.#readings.has(reading)) return;
      reading.bytes += chunk.length;
      this.#readingBytes += chunk.length;
      if (reading.bytes > this.#limits.maxBodyBytes) this.#end(reading)?.refuse(this.#tooLarge());
      else if (this.#readingBytes > this.#limits.maxReadingBytes) this.#end(reading)?.refuse(tooManyBodies());
      else chunks.push(chunk);
    });
    request.on("end", () => {
      if (this.#end(reading) === undefined) return;
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      // The request lives until it is answered, and these listeners with it: the bytes are not to.
      chunks.length = 0;
      done(body);
    });
    request.on("close", () => this.#end(reading));
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  #end(reading: Reading): Reading | undefined {
    if (!this.#readings.delete(reading)) return undefined;
    this.#readingBytes -= reading.bytes;
    return reading;
  }

  #refuseSlow(): void {
    const { requestTimeoutMs } = this.#limits;
    const latest = performance.now() - requestTimeoutMs;
    for (const reading of this.#readings) {
      // A Set keeps the order of insertion: the first that is in time ends the search.
      if (reading.startedAt > latest) return;
      const detail = `Expected the whole request within ${requestTimeoutMs} ms.`;
      this.#end(reading)?.refuse({ status: 408, title: "Request timeout", detail });
    }
  }

  #tooLarge(): Problem {
    const detail = `Expected an event of at most ${this.#limits.maxBodyBytes} bytes: send several.`;
    return { status: 413, title: "Content too large", detail };
  }
}

function tooManyBodies(): Problem {
  const detail = "Too many bytes are being received at this moment.";
  return { status: 503, title: "Service unavailable", detail, headers: RETRY_SOON };
}
