import type { IncomingMessage, ServerResponse } from "node:http";
import { countBodyBytes } from "./body-garbage.ts";
import { problem, tryLater } from "./problem.ts";
import type { HttpReply } from "./route.ts";

export interface BodyLimits {
  maxBodyBytes: number;
  /** Over all requests at one time: with it, memory does not grow with the number of clients. */
  maxReadingBytes: number;
  /** How long a client may take to send one body. */
  requestTimeoutMs: number;
}

interface Reading {
  startedAt: number;
  bytes: number;
  refuse: (reply: HttpReply) => void;
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
    // One timer for all requests: a timer each would cost more than the reading.
    this.#sweep = setInterval(() => this.#refuseSlow(), Math.min(500, limits.requestTimeoutMs / 2));
    this.#sweep.unref();
  }

  /**
   * Calls `done` with the body or `refuse` with the answer, exactly one of them and once; neither if the client goes away.
   * `waiting` is the response of a client that wants to be told to go on (Expect: 100-continue).
   */
  read(
    request: IncomingMessage,
    done: (body: Buffer) => void,
    refuse: (reply: HttpReply) => void,
    waiting?: ServerResponse,
  ): void {
    const declared = request.headers["content-length"];
    if (declared === undefined && request.headers["transfer-encoding"] === undefined) {
      done(NO_BODY);
      return;
    }
    if (declared !== undefined && Number(declared) > this.#limits.maxBodyBytes) {
      refuse(this.#tooLarge());
      return;
    }
    waiting?.writeContinue();
    const chunks: Buffer[] = [];
    const reading: Reading = { startedAt: performance.now(), bytes: 0, refuse };
    this.#readings.add(reading);
    request.on("data", (chunk: Buffer) => {
      countBodyBytes(chunk.length);
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
    const latest = performance.now() - this.#limits.requestTimeoutMs;
    for (const reading of this.#readings) {
      // A Set keeps the order of insertion: the first that is in time ends the search.
      if (reading.startedAt > latest) return;
      this.#end(reading)?.refuse(tooSlow(this.#limits.requestTimeoutMs));
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

function tooManyBodies(): HttpReply {
  return tryLater(429, "Too many bytes are being received at this moment.", 1000);
}
