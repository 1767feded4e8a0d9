import type { IncomingMessage, ServerResponse } from "node:http";
import { JoinedBytes } from "./joined-bytes.ts";
import { problem, tryLater } from "./problem.ts";
import { behindMs, LEAST_BYTES_PER_SECOND, lookEvery, type Mark } from "./progress.ts";
import type { HttpReply } from "./route.ts";
import { firstToShed, type Sheddable } from "./shedding.ts";
import { tooLarge, unpacked, unpackingOf } from "./unpack.ts";

export interface BodyLimits {
  maxBodyBytes: number;
  /** Of all bodies being read at one time, so that memory does not grow with the number of clients. */
  maxReadingBytes: number;
  /** How long a client may take to send one body. Half as long it may send next to nothing of it. */
  requestTimeoutMs: number;
}

export interface BodyReaderOptions {
  limits: BodyLimits;
  /** Whether a body may be packed, as its Content-Encoding says. Its receiver gets it unpacked, and no such header. */
  unpacks: boolean;
  /** Called with the size of each part of a body that comes in and of the body so far, and with that of a body unpacked. */
  onBytes: ((bytes: number, bodyBytes: number, isUnpacked: boolean) => void) | undefined;
}

/** Who wants a body: gets it or a refusal, once, and neither when the client goes away. */
export interface BodyReceiver {
  take(body: Buffer): void;
  refuse(reply: HttpReply): void;
  /** Who the body counts for, where all bodies take too much. */
  client(): string;
  /** Notes that unpacking took that time (ms), before one of them. */
  spend(ms: number): void;
}

/** A body that is being read. Thousands a second are made: who sends it and whether it stalls is found out when it matters. */
class Reading implements Sheddable, Mark {
  readonly receiver: BodyReceiver;
  readonly startedAt: number;
  /** How many have come; {@link body} has them until the reading ends. */
  bytes = 0;
  readonly body = new JoinedBytes();
  behindMs = 0;
  markedAt: number;
  markedBytes = 0;

  constructor(receiver: BodyReceiver, startedAt: number) {
    this.receiver = receiver;
    this.startedAt = startedAt;
    this.markedAt = startedAt;
  }

  get client(): string {
    return this.receiver.client();
  }
}

const NO_BODY = Buffer.alloc(0);

/** Reads request bodies whole, within limits of size, of time and of memory for all of them together. */
export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #unpacks: boolean;
  readonly #onBytes: (bytes: number, bodyBytes: number, isUnpacked: boolean) => void;
  /** The oldest first. */
  readonly #readings = new Set<Reading>();
  readonly #sweep: NodeJS.Timeout;
  #readingBytes = 0;
  /** When the last sweep was. */
  #now = 0;

  constructor({ limits, unpacks, onBytes = () => undefined }: BodyReaderOptions) {
    this.#limits = limits;
    this.#unpacks = unpacks;
    this.#onBytes = onBytes;
    // One timer for all requests: a timer for each would cost more than the reading.
    this.#sweep = lookEvery(Math.min(500, limits.requestTimeoutMs / 2), (now) => this.#refuseSlow(now));
  }

  /**
   * Reads a request's body for `receiver`. `waiting` is the response to a client that sends its body only after 100
   * Continue: it gets that answer once its body is wanted.
   */
  read(request: IncomingMessage, receiver: BodyReceiver, waiting?: ServerResponse): void {
    const { headers } = request;
    const { maxBodyBytes } = this.#limits;
    const declared = headers["content-length"];
    if (declared === undefined && headers["transfer-encoding"] === undefined) {
      receiver.take(NO_BODY);
      return;
    }
    if (declared !== undefined && Number(declared) > maxBodyBytes) {
      receiver.refuse(tooLarge(maxBodyBytes));
      return;
    }
    const unpack = this.#unpacks ? unpackingOf(headers["content-encoding"]) : undefined;
    if (typeof unpack === "object") {
      receiver.refuse(unpack);
      return;
    }
    waiting?.writeContinue();
    const reading = new Reading(receiver, this.#now);
    this.#readings.add(reading);
    request.on("data", (chunk: Buffer) => {
      if (!this.#readings.has(reading)) return;
      reading.bytes += chunk.length;
      this.#onBytes(chunk.length, reading.bytes, false);
      reading.body.add(chunk);
      this.#readingBytes += chunk.length;
      if (reading.bytes > maxBodyBytes) this.#refuse(reading, tooLarge(maxBodyBytes));
      else if (this.#readingBytes > this.#limits.maxReadingBytes) this.#makeRoom();
    });
    request.on("end", () => {
      const body = this.#end(reading);
      if (body === undefined) return;
      if (unpack !== undefined) delete headers["content-encoding"];
      if (unpack === undefined || body.length === 0) {
        receiver.take(body);
        return;
      }
      const startedAt = performance.now();
      const whole = unpacked(body, unpack, maxBodyBytes);
      receiver.spend(performance.now() - startedAt);
      if (!Buffer.isBuffer(whole)) {
        receiver.refuse(whole);
        return;
      }
      this.#onBytes(whole.length, whole.length, true);
      receiver.take(whole);
    });
    request.on("close", () => this.#end(reading));
  }

  /** Reads what is left of a body that nobody wants. */
  discard(request: IncomingMessage): void {
    request.on("data", ({ length }: Buffer) => this.#onBytes(length, length, false));
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  /** @returns what was read, unless the body was no longer being read. */
  #end(reading: Reading): Buffer | undefined {
    if (!this.#readings.delete(reading)) return undefined;
    this.#readingBytes -= reading.bytes;
    // Taken, because the request's listeners live until it is answered, and would keep the bytes for as long.
    return reading.body.take();
  }

  #refuse(reading: Reading, reply: HttpReply): void {
    this.#end(reading);
    reading.receiver.refuse(reply);
  }

  #makeRoom(): void {
    while (this.#readingBytes > this.#limits.maxReadingBytes)
      this.#refuse(firstToShed(this.#readings), tooManyBodies());
  }

  #refuseSlow(now: number): void {
    const { requestTimeoutMs } = this.#limits;
    this.#now = now;
    for (const reading of this.#readings) {
      reading.behindMs = behindMs(reading, now, reading.bytes);
      if (now - reading.startedAt > requestTimeoutMs) this.#refuse(reading, tooSlow(requestTimeoutMs));
      else if (reading.behindMs > requestTimeoutMs / 2) this.#refuse(reading, stalled(requestTimeoutMs / 2));
    }
  }
}

function tooSlow(timeoutMs: number): HttpReply {
  return problem(408, "Request timeout", `Expected the whole request within ${timeoutMs} ms.`);
}

function stalled(forMs: number): HttpReply {
  const detail = `Expected ${LEAST_BYTES_PER_SECOND} bytes of the body a second, got less for ${forMs} ms.`;
  return problem(408, "Request timeout", detail);
}

// 429 and not 503: nothing is broken, a burst of clients ends when they send more slowly.
function tooManyBodies(): HttpReply {
  return tryLater(429, "Too many bytes are being received at this moment.", 1000);
}
