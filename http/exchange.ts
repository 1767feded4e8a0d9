import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "pino";
import type { BodyReader, BodyReceiver } from "./body-reader.ts";
import { type ClientRules, clientOf } from "./client.ts";
import { hasTooMany, tooManyAhead } from "./connections.ts";
import type { Connection, Drain, NewestRequest } from "./drain.ts";
import { answerEarly } from "./early-answer.ts";
import { goneSignal } from "./gone.ts";
import type { HastyClients } from "./hasty-clients.ts";
import type { HeldAnswers } from "./held-answers.ts";
import type { Pace } from "./pace.ts";
import { problem, shortened } from "./problem.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { originForm } from "./request-path.ts";
import type { HttpReply, HttpRequest, Route } from "./route.ts";
import type { Match } from "./router.ts";
import type { OpenSpan, Tracing } from "./tracing.ts";

/** What the requests of a server share. */
export interface ExchangeContext {
  findRoute: (method: string, path: string) => Match;
  clients: ClientRules;
  bodies: BodyReader;
  answers: HeldAnswers;
  hasty: HastyClients | undefined;
  pace: Pace | undefined;
  drain: Drain;
  refusals: RefusalLog;
  log: Logger;
  tracing: Tracing | undefined;
  maxRefusalBytes: number;
  onAnswered: ((method: string, code: number, seconds: number) => void) | undefined;
  onRefused: (() => void) | undefined;
  refuseHost: ((host: string | undefined) => HttpReply | undefined) | undefined;
}

const MAX_URL_LENGTH = 4096;
/** The code of a request whose client went away before its answer, as nginx counts it. */
const CLIENT_GONE = 499;
const NO_QUERY = new URLSearchParams();

/** One request from its headers to its answer. Several thousand a second are made. */
export class Exchange implements BodyReceiver, NewestRequest {
  readonly #context: ExchangeContext;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #startedAt = performance.now();
  readonly #connection: Connection;
  readonly #method: string;
  /** The query with its "?", or nothing. */
  #search = "";
  #route: Route | undefined;
  /** Whose time it takes, where time is shared; and what takes it back while it waits for some. */
  #client: string | undefined;
  #withdraw: (() => void) | undefined;
  #parameters: HttpRequest["parameters"] | undefined;
  #span: OpenSpan | undefined;
  /** A stream counts as answered when it begins: a page that stays open for an hour is no latency of an hour. */
  #streamStartedAt: number | undefined;

  constructor(context: ExchangeContext, request: IncomingMessage, response: ServerResponse) {
    this.#context = context;
    this.#request = request;
    this.#response = response;
    this.#method = request.method ?? "GET";
    this.#connection = context.drain.started(request.socket, this);
    response.on("close", () => this.#end());
  }

  /** Finds the route and reads the body. `waiting` is the response where the client waits for 100 Continue. */
  begin(waiting?: ServerResponse): void {
    const { drain, findRoute, refuseHost, refusals, tracing } = this.#context;
    const { headers, socket } = this.#request;
    if (socket.destroyed) return;
    if (hasTooMany(this.#connection, drain.unanswered)) {
      socket.destroy();
      refusals.note(undefined, tooManyAhead());
      return;
    }
    const url = originForm(this.#request.url ?? "/");
    if (url.length > MAX_URL_LENGTH) {
      this.refuse(problem(414, "URI too long", `Expected a URL of at most ${MAX_URL_LENGTH} characters.`));
      return;
    }
    const mark = url.indexOf("?");
    if (mark !== -1) this.#search = url.slice(mark);
    const match = findRoute(this.#method, mark === -1 ? url : url.slice(0, mark));
    if (match.route === undefined) {
      this.refuse(match.reply);
      return;
    }
    this.#route = match.route;
    this.#parameters = match.parameters;
    if (tracing !== undefined && !match.route.isProbe) {
      this.#span = tracing.openRequest(this.#method, match.route, headers);
    }
    // A probe comes by a name that Kubernetes chooses, and its answer says nothing.
    const misdirected = match.route.isProbe ? undefined : refuseHost?.(headers.host);
    const refusal = misdirected ?? match.route.admit?.(headers, match.parameters);
    if (refusal === undefined) this.#read(waiting);
    else this.refuse(refusal);
  }

  #read(waiting: ServerResponse | undefined): void {
    const { bodies, pace } = this.#context;
    // Who watches wants no time.
    if (pace === undefined || this.#route?.isForWatchers || this.#route?.isProbe) {
      bodies.read(this.#request, this, waiting);
      return;
    }
    this.#client = this.client();
    this.#withdraw = pace.begin(this.#client, () => bodies.read(this.#request, this, waiting));
  }

  /** Hands the request with its body to the route and answers what that says. */
  take(body: Buffer): void {
    const { handle } = this.#route as Route;
    const request = this.#request;
    const { log } = this.#context;
    const startedAt = this.#client === undefined ? 0 : performance.now();
    try {
      const reply = handle({
        method: this.#method,
        parameters: this.#parameters as HttpRequest["parameters"],
        query: this.#search === "" ? NO_QUERY : new URLSearchParams(this.#search),
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        client: () => this.client(),
        gone: () => goneSignal(this.#response),
        body,
        span: this.#span,
        log,
      });
      if (reply instanceof Promise)
        reply.then(
          (value) => this.#answer(value),
          (error) => this.#fail(error),
        );
      else this.#answer(reply);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#client !== undefined) this.spend(performance.now() - startedAt);
  }

  client(): string {
    return clientOf(this.#request, this.#context.clients, this.#parameters);
  }

  spend(ms: number): void {
    if (this.#client !== undefined) this.#context.pace?.count(this.#client, ms);
  }

  /** Answers a request whose body may still be coming: a client that goes on sending still sees the answer. */
  refuse(reply: HttpReply): void {
    const { bodies, refusals, onRefused, maxRefusalBytes } = this.#context;
    const request = this.#request;
    const response = this.#response;
    if (response.headersSent) return;
    onRefused?.();
    if (request.complete || !hasBody(request)) {
      this.#answer(reply);
      return;
    }
    refusals.note(request, reply, this.#route);
    answerEarly(request, response, this.#worded(shortened(reply, maxRefusalBytes)));
    bodies.discard(request);
  }

  endConnection(reply: HttpReply): void {
    const response = this.#response;
    if (!this.#request.complete) {
      this.refuse(reply);
      return;
    }
    if (!response.shouldKeepAlive) return;
    response.shouldKeepAlive = false;
    // An answer that has been written and waits for its turn cannot say so any more.
    if (response.headersSent) response.once("finish", () => this.#request.socket.end());
  }

  #answer(reply: HttpReply): void {
    const { hasty } = this.#context;
    const { status, headers } = reply;
    // Who has gone is not told when to come back.
    const isForLater = (status === 429 || status === 503) && !this.#response.destroyed;
    if (hasty === undefined || !isForLater || this.#route?.isProbe) this.#send(reply);
    else {
      const retryAfterMs = Number(headers?.["retry-after"] ?? 0) * 1000;
      hasty.refuse(this.client(), retryAfterMs, () => this.#send(reply));
    }
  }

  #send(reply: HttpReply): void {
    const { answers, drain, refusals, maxRefusalBytes } = this.#context;
    const response = this.#response;
    const { status, headers, body } = reply.status < 400 ? reply : this.#worded(shortened(reply, maxRefusalBytes));
    if (response.destroyed) {
      if (body instanceof Readable) body.destroy();
      return;
    }
    if (!this.#route?.isProbe) refusals.note(this.#request, reply, this.#route);
    if (drain.isDraining) response.shouldKeepAlive = false;
    if (body instanceof Readable) {
      response.writeHead(status, headers);
      this.#streamStartedAt = performance.now();
      this.#span?.end({ status });
      this.#span = undefined;
      pipeline(body, response).catch(() => undefined); // the client has gone: nobody is left to answer
      return;
    }
    // RFC 9110, 8.6: a 204 has no length, and the length of a 304 would be that of the body it leaves out.
    if (status === 204 || status === 304) response.writeHead(status, headers);
    else {
      const length = body === undefined ? 0 : Buffer.byteLength(body);
      response.writeHead(status, { ...headers, "content-length": length });
      answers.hold(response, length, () => this.client());
    }
    response.end(body);
  }

  #worded(refusal: HttpReply): HttpReply {
    return this.#route?.refusalOf?.(refusal, this.#request.headers) ?? refusal;
  }

  #fail(error: unknown): void {
    this.#context.log.error({ err: error }, "a request failed: this is a defect");
    if (this.#response.headersSent) this.#response.destroy();
    else this.#send(problem(500, "Internal error", "The request failed on the server's side; the log says why."));
  }

  #end(): void {
    const { drain, onAnswered } = this.#context;
    const { headersSent, statusCode } = this.#response;
    this.#withdraw?.();
    drain.ended(this.#connection, this);
    this.#span?.end(headersSent ? { status: statusCode } : { fault: "the client has gone" });
    if (onAnswered === undefined || this.#route?.isProbe || this.#route?.isForWatchers) return;
    const seconds = ((this.#streamStartedAt ?? performance.now()) - this.#startedAt) / 1000;
    onAnswered(this.#method, headersSent ? statusCode : CLIENT_GONE, seconds);
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}
