// The only importer of faas-js-runtime. The runtime stays the host: it starts the server, runs the hooks, answers the
// health checks and handles the signals. Its request path is replaced by ours, because there it costs 2.8 (JSON) to 5.7
// (CloudEvent) times the CPU of a bare node:http server, knows no path but "/", answers 500 to an invalid event and
// knows no batches.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import faas from "faas-js-runtime";
import type { Registry } from "prom-client";
import { countBodyBytes } from "../../http/body-garbage.ts";
import { BodyReader } from "../../http/body-reader.ts";
import { answerClientErrors, LINGER_MS } from "../../http/client-errors.ts";
import { Drain } from "../../http/drain.ts";
import { problem } from "../../http/problem.ts";
import { RefusalLog } from "../../http/refusal-log.ts";
import type { HttpReply, HttpRequest } from "../../http/route.ts";
import { createRouter } from "../../http/router.ts";
import type { FunctionSettings } from "../../settings/function-settings.ts";
import type { Logger } from "../log.ts";
import type { RequestMetrics } from "../metrics/request-metrics.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { asFaasModule, LIVENESS_PATH, READINESS_PATH } from "./faas-module.ts";

export interface ServeOptions {
  settings: FunctionSettings;
  registry: Registry;
  requestMetrics: RequestMetrics;
  log: Logger;
}

// The runtime's typings speak of HTTP/2 and of a numeric log level; this is what its source does.
const start = faas.start as unknown as (
  module: ReturnType<typeof asFaasModule>,
  options: { port: number; logLevel: string; config: string },
) => Promise<Server>;

const MAX_URL_LENGTH = 4096;
/** The code of a request whose client went away before its answer, as nginx counts it. */
const CLIENT_GONE = 499;
/** What closing a function may take when the whole grace time went into answering. */
const MIN_CLOSE_MS = 1000;
const NO_QUERY = new URLSearchParams();

/** Runs a function as an HTTP server under faas-js-runtime until the process is told to stop; resolves once it listens. */
export async function serve(
  fn: PulseFunction,
  { settings, registry, requestMetrics, log }: ServeOptions,
): Promise<Server> {
  const findRoute = createRouter([
    ...fn.routes,
    { method: "GET", path: "/metrics", handle: async () => metricsReply(registry) },
  ]);
  const bodies = new BodyReader(settings);
  const refusals = new RefusalLog({ log });
  // A stream is answered when it begins: a page left open for an hour is no latency of an hour.
  const streamStarts = new WeakMap<ServerResponse, number>();
  let server: Server | undefined;
  let drain: Drain | undefined;
  let stopping: Promise<void> | undefined;

  // The runtime stops on an uncaught exception too, without a word and with exit code 0.
  let hasCrashed = false;
  process.on("uncaughtExceptionMonitor", (error) => {
    hasCrashed = true;
    log.fatal({ err: error }, "stopping for an uncaught exception: this is a defect");
  });

  async function stop(): Promise<void> {
    const graceMs = settings.shutdownGraceMs;
    const deadline = performance.now() + graceMs;
    log.info("stopping: answering what is in flight");
    fn.onDrain?.();
    const isComplete = (await drain?.drain(graceMs)) ?? true;
    const isClosed = await Promise.race([close(), delay(Math.max(MIN_CLOSE_MS, deadline - performance.now()), false)]);
    bodies.close();
    refusals.flush();
    if (isComplete && isClosed) log.info("stopped");
    else log.error({ graceMs, isComplete, isClosed }, "stopped with work undone: the grace time was over");
    if (hasCrashed) process.exit(1);
  }

  async function close(): Promise<boolean> {
    try {
      await fn.close();
      return true;
    } catch (error) {
      log.error({ err: error }, "the function did not close as it should");
      return false;
    }
  }

  server = await start(
    asFaasModule(fn, log, () => (stopping ??= stop())),
    {
      port: settings.port,
      logLevel: "warn",
      // The runtime lets a ./func.yaml in the working directory override these options: it is pointed elsewhere.
      config: dirname(process.execPath),
    },
  );
  drain = new Drain(server);
  const hosted = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners("request");
  answerClientErrors(server, settings.requestTimeoutMs, (reply) => refusals.note(undefined, reply));
  server.requestTimeout = 0; // bodies are timed by BodyReader, to the half second
  server.keepAliveTimeout = 65_000; // longer than the 60 s of common proxies, which would else hit a closing connection

  server.on("request", (request: IncomingMessage, response: ServerResponse) => receive(request, response));
  // Told to go on only when its body is wanted: curl asks before it sends more than a megabyte.
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) =>
    receive(request, response, response),
  );

  function receive(request: IncomingMessage, response: ServerResponse, waiting?: ServerResponse): void {
    const url = originForm(request.url ?? "/");
    if (url === LIVENESS_PATH || url === READINESS_PATH) {
      for (const listener of hosted) listener.call(server as Server, request, response);
      return;
    }
    const startedAt = performance.now();
    const method = request.method ?? "GET";
    drain?.started();
    response.on("close", () => {
      drain?.ended();
      const answeredAt = streamStarts.get(response) ?? performance.now();
      const code = response.headersSent ? response.statusCode : CLIENT_GONE;
      requestMetrics.observe(method, code, (answeredAt - startedAt) / 1000);
    });
    const refuse = (reply: HttpReply) => sendAndLinger(request, response, reply);
    const mark = url.indexOf("?");
    const path = mark === -1 ? url : url.slice(0, mark);
    const match = url.length > MAX_URL_LENGTH ? { reply: uriTooLong() } : findRoute(method, path);
    if (match.route === undefined) {
      refuse(match.reply);
      return;
    }
    const { route, parameters } = match;
    const refusal = route.admit?.(request.headers);
    if (refusal !== undefined) {
      refuse(refusal);
      return;
    }
    bodies.read(
      request,
      (body) => {
        const query = mark === -1 ? NO_QUERY : new URLSearchParams(url.slice(mark));
        answer(route.handle, { method, parameters, query, headers: request.headers, body, log }, response);
      },
      refuse,
      waiting,
    );
  }

  function answer(
    handle: (r: HttpRequest) => HttpReply | Promise<HttpReply>,
    request: HttpRequest,
    response: ServerResponse,
  ) {
    try {
      const reply = handle(request);
      if (reply instanceof Promise)
        reply.then(
          (value) => send(response, value),
          (error) => fail(error, response),
        );
      else send(response, reply);
    } catch (error) {
      fail(error, response);
    }
  }

  function fail(error: unknown, response: ServerResponse): void {
    log.error({ err: error }, "a request failed: this is a defect");
    if (response.headersSent) response.destroy();
    else send(response, problem(500, "Internal error", "The request failed for a reason of ours; it was logged."));
  }

  function send(response: ServerResponse, reply: HttpReply): void {
    const { body } = reply;
    if (response.destroyed) {
      if (body instanceof Readable) body.destroy();
      return;
    }
    refusals.note(response.req, reply);
    if (drain?.isDraining) response.shouldKeepAlive = false;
    if (body instanceof Readable) {
      response.writeHead(reply.status, reply.headers);
      streamStarts.set(response, performance.now());
      pipeline(body, response).catch(() => undefined); // the client has gone: nothing is left to be said
      return;
    }
    const length = body === undefined ? 0 : Buffer.byteLength(body);
    // RFC 9110 section 8.6: 204 has no length, and that of a 304 would be said of the body that is not sent.
    const hasLength = reply.status !== 204 && reply.status !== 304;
    response.writeHead(reply.status, { ...reply.headers, ...(hasLength && { "content-length": length }) });
    response.end(body);
  }

  function sendAndLinger(request: IncomingMessage, response: ServerResponse, reply: HttpReply): void {
    if (
      request.complete ||
      (request.headers["content-length"] === undefined && request.headers["transfer-encoding"] === undefined)
    ) {
      send(response, reply);
      return;
    }
    refusals.note(request, reply);
    response.shouldKeepAlive = false;
    const body = reply.body as string;
    response.writeHead(reply.status, { ...reply.headers, "content-length": Buffer.byteLength(body) });
    response.write(body);
    const timer = setTimeout(() => response.end(), LINGER_MS);
    const end = () => {
      clearTimeout(timer);
      response.end();
    };
    request.on("end", end);
    request.on("close", end);
    request.on("data", (chunk: Buffer) => countBodyBytes(chunk.length));
  }

  return server;
}

async function metricsReply(registry: Registry): Promise<HttpReply> {
  return { status: 200, headers: { "content-type": registry.contentType }, body: await registry.metrics() };
}

// RFC 9112, 3.2.2: a server takes the absolute form too, which a client uses that thinks it talks to a proxy.
function originForm(target: string): string {
  if (target.startsWith("/") || !URL.canParse(target)) return target;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

function uriTooLong(): HttpReply {
  return problem(414, "URI too long", `Expected a URL of at most ${MAX_URL_LENGTH} characters.`);
}
