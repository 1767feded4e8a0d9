// What the functions and the local broker stand on. A request's way through this folder:
//   exchange.ts       one request: its URL, route, admission, body and answer
//   router.ts         finds the route of a method and path
//   body-reader.ts    reads the body, within limits (body-garbage)
//   client-errors.ts  answers what never becomes a request
//   refusal-log.ts    writes a line for what was refused
//   drain.ts          stops without failing a request
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { type BodyLimits, BodyReader } from "./body-reader.ts";
import { answerClientErrors } from "./client-errors.ts";
import { Drain } from "./drain.ts";
import { Exchange, type ExchangeContext } from "./exchange.ts";
import { HEALTHY, LIVENESS_PATH, notReady, READINESS_PATH, readinessOf } from "./health.ts";
import { RefusalLog } from "./refusal-log.ts";
import type { Route } from "./route.ts";
import { createRouter } from "./router.ts";

export interface HttpServerOptions {
  routes: readonly Route[];
  /** Rejects, with an error that names the remedy, while the work cannot be done: GET /health/ready says so. */
  check: () => Promise<void>;
  /** What GET /metrics shows. */
  registry: Registry;
  limits: BodyLimits;
  log: Logger;
  /** Called for each request but the health probes once its answer is out, or a stream has begun. */
  onAnswered?: ExchangeContext["onAnswered"];
  /** Called for each request that is refused before its route has it: unreadable, unknown path, too large. */
  onRefused?: ExchangeContext["onRefused"];
}

/** Longer than the 60 s of common clients and proxies, which would otherwise send on a connection that is just closing. */
const KEEP_ALIVE_MS = 65_000;
/** How long an open connection may stay quiet, once the server stops, before it counts as idle. */
const QUIET_MS = 500;

/** Serves routes, health and metrics on an http.Server that somebody else made and lets listen. */
export class HttpServer {
  readonly #drain: Drain;
  readonly #bodies: BodyReader;
  readonly #refusals: RefusalLog;

  constructor(server: Server, { routes, check, registry, limits, log, onAnswered, onRefused }: HttpServerOptions) {
    const drain = new Drain(server);
    const bodies = new BodyReader(limits);
    const refusals = new RefusalLog({ log });
    const findRoute = createRouter([...routes, ...operationRoutes({ check, registry, drain })]);
    const context: ExchangeContext = { findRoute, bodies, drain, refusals, log, onAnswered, onRefused };
    server.requestTimeout = 0; // BodyReader times bodies, to the half second
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.on("request", (request: IncomingMessage, response: ServerResponse) =>
      new Exchange(context, request, response).begin(),
    );
    // A client is told to go on only when its body is wanted: curl asks before it sends more than a megabyte.
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) =>
      new Exchange(context, request, response).begin(response),
    );
    answerClientErrors(server, limits.requestTimeoutMs, (reply) => {
      onRefused?.();
      refusals.note(undefined, reply);
    });
    this.#drain = drain;
    this.#bodies = bodies;
    this.#refusals = refusals;
  }

  /**
   * Stops listening and answers what is under way and what still comes on open connections.
   * @returns whether everything was answered within `graceMs`.
   */
  async stop(graceMs: number, quietMs = QUIET_MS): Promise<boolean> {
    const isComplete = await this.#drain.drain(graceMs, quietMs);
    this.#bodies.close();
    this.#refusals.flush();
    return isComplete;
  }
}

/** What Kubernetes and Prometheus ask of every server. */
function operationRoutes({
  check,
  registry,
  drain,
}: Pick<HttpServerOptions, "check" | "registry"> & { drain: Drain }): Route[] {
  return [
    { method: "GET", path: LIVENESS_PATH, isProbe: true, handle: () => HEALTHY },
    {
      method: "GET",
      path: READINESS_PATH,
      isProbe: true,
      handle: () => (drain.isDraining ? notReady("The server is stopping.") : readinessOf(check)),
    },
    {
      method: "GET",
      path: "/metrics",
      handle: async () => ({
        status: 200,
        headers: { "content-type": registry.contentType },
        body: await registry.metrics(),
      }),
    },
  ];
}
