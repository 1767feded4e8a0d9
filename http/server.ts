// What the functions and the local broker stand on. A request's way through this folder:
//   exchange.ts       one request: its URL, route, admission, body and answer
//   router.ts         finds the route of a method and path
//   hosts.ts          refuses requests for another host
//   changes.ts        refuses changes that another site's page asks for
//   body-reader.ts    reads the body (joined-bytes.ts), within limits (shedding.ts, progress.ts), and unpacks it (unpack.ts)
//   connections.ts    bounds the open connections, and what one brings before it is answered
//   early-answer.ts   answers before a body is whole
//   client.ts         says who a request counts for; places.ts shares places between clients
//   pace.ts           shares time between clients; turns.ts shares it between their long works (fading.ts)
//   gone.ts           tells who works for a client that it has gone
//   unread-answers.ts cuts who takes too little of an answer
//   held-answers.ts   bounds what answers hold that wait for their clients
//   hasty-clients.ts  lets those wait who come back sooner than they were asked to
//   client-errors.ts  answers what never becomes a request
//   refusal-log.ts    writes a line for what was refused, and of its path what request-path.ts shows
//   listening.ts      at which addresses it listens
//   drain.ts          stops without failing a request
//   process-end.ts    ends the process, once it has stopped
//   tracing.ts        says what a process tells of its steps, where somebody takes spans
//   young-garbage.ts  keeps a request's objects cheap to collect
//   returned-memory.ts gives memory back that V8 holds in reserve (collector.ts)
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { type BodyLimits, BodyReader } from "./body-reader.ts";
import type { ClientRules } from "./client.ts";
import { answerClientErrors } from "./client-errors.ts";
import { boundConnections } from "./connections.ts";
import { Drain } from "./drain.ts";
import { Exchange, type ExchangeContext } from "./exchange.ts";
import { HastyClients } from "./hasty-clients.ts";
import { type Check, healthy, LIVENESS_PATH, READINESS_PATH, readinessOf } from "./health.ts";
import { HeldAnswers } from "./held-answers.ts";
import { listenToo } from "./listening.ts";
import type { Pace } from "./pace.ts";
import { RefusalLog } from "./refusal-log.ts";
import { createShownPath } from "./request-path.ts";
import type { Route } from "./route.ts";
import { createRouter } from "./router.ts";
import type { Tracing } from "./tracing.ts";
import { UnreadAnswers } from "./unread-answers.ts";
import { allocateYoung } from "./young-garbage.ts";

/** What a server grants its clients. */
export interface ServerLimits extends BodyLimits {
  /** How long a client may take next to nothing of an answer that waits for it. */
  answerTimeoutMs: number;
  trustedProxies: ClientRules["trustedProxies"];
}

export interface HttpServerOptions {
  routes: readonly Route[];
  /** What GET /health/ready answers by. */
  check: Check;
  /** What GET /metrics shows. */
  registry: Registry;
  limits: ServerLimits;
  senderOf?: ClientRules["senderOf"];
  log: Logger;
  /** Makes spans of requests. @default none */
  tracing?: Tracing | undefined;
  /** Called with the size of each part of a body that comes in. */
  onBodyBytes?: (bytes: number, bodyBytes: number, isUnpacked: boolean) => void;
  /** Whether bodies may be packed in gzip or zstd. @default no */
  unpacks?: boolean;
  /**
   * Shares the process's time between clients that are strangers to each other. Then a refusal waits, too, whose client came back
   * before the time that the former one named. @default all time is for the one who asks
   */
  pace?: Pace | undefined;
  /** The most bytes in the body of an answer that refuses; the log has what does not fit. @default no limit */
  maxRefusalBytes?: number | undefined;
  /** Called for each request except health probes, once its answer is sent or its client has gone (499). */
  onAnswered?: ExchangeContext["onAnswered"];
  /** Decides by the headers who may have GET /metrics. @default everybody */
  admitToMetrics?: Route["admit"];
  /** Decides by the host that a request names, whether to refuse. @default no host is refused */
  refuseHost?: ExchangeContext["refuseHost"];
  /** Called for each request that never reaches its route: unreadable, unknown path, too large. */
  onRefused?: ExchangeContext["onRefused"];
}

/** Longer than the 60 s of common clients and proxies, which would otherwise send on a connection that is just closing. */
const KEEP_ALIVE_MS = 65_000;
/** How long an open connection may stay quiet, once the server stops, before it counts as idle. */
const QUIET_MS = 500;

/** Serves routes, health and metrics on an http.Server that somebody else made and lets listen. */
export class HttpServer {
  readonly #server: Server;
  readonly #context: ExchangeContext;
  readonly #unread: UnreadAnswers;

  constructor(server: Server, options: HttpServerOptions) {
    const { routes, limits, senderOf, log, onBodyBytes, onAnswered, onRefused, refuseHost, tracing } = options;
    const { unpacks = false, maxRefusalBytes = Number.POSITIVE_INFINITY } = options;
    allocateYoung();
    this.#server = server;
    const drain = new Drain(server);
    boundConnections(server);
    const allRoutes = [...routes, ...operationRoutes(options, drain)];
    const refusals = new RefusalLog({ log, shownPath: createShownPath(allRoutes) });
    const context: ExchangeContext = {
      findRoute: createRouter(allRoutes),
      clients: { trustedProxies: limits.trustedProxies, senderOf },
      bodies: new BodyReader({ limits, unpacks, onBytes: onBodyBytes }),
      hasty: options.pace && new HastyClients(),
      pace: options.pace,
      answers: new HeldAnswers((reply) => refusals.note(undefined, reply)),
      drain,
      refusals,
      log,
      tracing,
      maxRefusalBytes,
      onAnswered,
      onRefused,
      refuseHost,
    };
    server.requestTimeout = 0; // BodyReader times bodies, to the half second
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.on("request", (request: IncomingMessage, response: ServerResponse) =>
      new Exchange(context, request, response).begin(),
    );
    // A client hears 100 Continue only when its body is wanted: curl asks before it sends more than a megabyte.
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) =>
      new Exchange(context, request, response).begin(response),
    );
    answerClientErrors(server, {
      timeoutMs: limits.requestTimeoutMs,
      endAfterNewest: (socket, reply) => drain.endAfterNewest(socket, reply),
      onRefused(reply) {
        onRefused?.();
        refusals.note(undefined, reply);
      },
    });
    this.#context = context;
    this.#unread = new UnreadAnswers({
      sockets: () => drain.sockets(),
      timeoutMs: limits.answerTimeoutMs,
      onCut: (reply) => refusals.note(undefined, reply),
    });
  }

  /** Takes connections at other addresses too, at the port at which the server listens by now or at the given one. */
  async listenToo(addresses: readonly string[], port?: number): Promise<void> {
    for (const address of addresses) {
      const listener = await listenToo(this.#server, address, port);
      if (listener !== undefined) this.#context.drain.add(listener);
    }
  }

  /**
   * Stops listening, and answers requests in flight and those that still come on open connections.
   * @param quietMs how long open connections must stay quiet before they count as idle and are closed.
   * @returns whether everything was answered within `graceMs`.
   */
  async stop(graceMs: number, quietMs = QUIET_MS): Promise<boolean> {
    const { drain, bodies, refusals } = this.#context;
    const isComplete = await drain.drain(graceMs, quietMs);
    bodies.close();
    this.#unread.close();
    refusals.flush();
    return isComplete;
  }
}

/** What Kubernetes and Prometheus ask of every server. */
function operationRoutes({ check, registry, admitToMetrics }: HttpServerOptions, drain: Drain): Route[] {
  const isReady = async () => {
    if (drain.isDraining) throw new Error("The server is stopping.");
    return check();
  };
  const showMetrics = async () => ({
    status: 200,
    headers: { "content-type": registry.contentType },
    body: await registry.metrics(),
  });
  return [
    { method: "GET", path: LIVENESS_PATH, isProbe: true, handle: () => healthy() },
    { method: "GET", path: READINESS_PATH, isProbe: true, handle: () => readinessOf(isReady) },
    {
      method: "GET",
      path: "/metrics",
      trace: "never",
      isForWatchers: true,
      ...(admitToMetrics && { admit: admitToMetrics }),
      handle: showMetrics,
    },
  ];
}
