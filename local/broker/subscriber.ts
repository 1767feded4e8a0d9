import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, Pool } from "undici";
import { type Answer, judgeAnswer, judgeDeadLetterAnswer, judgeSilence, type Verdict } from "./answer.ts";

export interface SubscriberOptions {
  url: URL;
  connections: number;
  /** For one request, connecting included; `undefined` waits forever. */
  timeoutMs: number | undefined;
  /** A dead-letter sink is not asked for a reply, and the body of its answer is ignored. */
  isDeadLetterSink: boolean;
}

/** An event as an HTTP request. */
export interface Message {
  headers: Record<string, string>;
  body: Buffer;
}

/** A longer answer counts as none: only a reply is long, and a reply is one event. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;

/** Sends events to one URL over connections that stay open. */
export class Subscriber {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #options: SubscriberOptions;
  readonly #exchanges = new Set<Exchange>();

  constructor(options: SubscriberOptions) {
    const { url, connections, timeoutMs = 0 } = options;
    this.#options = options;
    this.#path = `${url.pathname}${url.search}`;
    // Measured per request: Pool.dispatch 25 µs, Pool.request 28 µs, node:http with an Agent 38 µs.
    this.#pool = new Pool(url.origin, {
      connections,
      pipelining: 1,
      headersTimeout: 0, // an Exchange bounds the whole time instead
      bodyTimeout: 0,
      connect: { timeout: timeoutMs },
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  }

  get url(): URL {
    return this.#options.url;
  }

  /** Sends an event and calls `done` once, with the verdict on the answer or on its absence. */
  send({ headers, body }: Message, done: (verdict: Verdict) => void): void {
    const { isDeadLetterSink, timeoutMs } = this.#options;
    if (!isDeadLetterSink) headers.prefer = "reply";
    const exchange: Exchange = new Exchange(timeoutMs, (result) => {
      this.#exchanges.delete(exchange);
      if (typeof result === "string") done(judgeSilence(result));
      else done(isDeadLetterSink ? judgeDeadLetterAnswer(result) : judgeAnswer(result));
    });
    this.#exchanges.add(exchange);
    this.#pool.dispatch({ method: "POST", path: this.#path, headers, body }, exchange);
  }

  /** Closes the connections. Requests under way never call `done`: they did not fail, and the next start repeats them. */
  async close(): Promise<void> {
    for (const exchange of this.#exchanges) exchange.abandon();
    await this.#pool.destroy();
  }
}

/** One request and its answer. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #done: (result: Answer | string) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #isDone = false;
  #code = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(timeoutMs: number | undefined, done: (result: Answer | string) => void) {
    this.#done = done;
    this.#timer =
      timeoutMs === undefined ? undefined : setTimeout(() => this.abort(`no answer within ${timeoutMs} ms`), timeoutMs);
  }

  abort(reason: string): void {
    this.#finish(reason);
    this.#controller?.abort(new Error(reason));
  }

  abandon(): void {
    this.#isDone = true;
    clearTimeout(this.#timer);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The exchange was given up while it waited for a connection: do not send it.
    if (this.#isDone) controller.abort(new Error("given up"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, code: number, headers: IncomingHttpHeaders): void {
    this.#code = code;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_ANSWER_BYTES) this.abort(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#finish({ code: this.#code, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { code, message } = error as Error & { code?: string };
    this.#finish(code ?? message);
  }

  #finish(result: Answer | string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#done(result);
  }
}
