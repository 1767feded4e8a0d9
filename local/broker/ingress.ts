// The broker's door: POST /<namespace>/<broker> takes one event and answers 202 when the disk has it.
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { Fault } from "../../events/fault.ts";
import { decodeEvents, encodeBinary, eventModeOf, isForeignFormat } from "../../events/http-binding.ts";
import type { BrokerName } from "../../events/triggers.ts";
import { admit, type Subscription } from "./admission.ts";
import { type BodyLimits, BodyReader } from "./body-reader.ts";
import { Drain } from "./drain.ts";
import type { AddOutcome, Journal } from "./journal.ts";
import type { BrokerMetrics } from "./metrics.ts";
import { type Problem, problemJson, RETRY_SOON, refuse, sendProblem } from "./problem.ts";
import { logFieldsOf } from "./subscriber-queue.ts";

export interface IngressOptions {
  broker: BrokerName;
  subscriptions: readonly Subscription[];
  journal: Journal;
  metrics: BrokerMetrics;
  limits: BodyLimits;
  logger: Logger;
}

export interface Ingress {
  server: Server;
  /** Takes no more connections and answers what is under way. @returns whether all was answered in time. */
  close(graceMs: number, quietMs: number): Promise<boolean>;
}

/** Longer than the 60 s of common clients and proxies, which would else hit a connection that is just closing. */
const KEEP_ALIVE_MS = 65_000;
const CHECK_INTERVAL_MS = 1000;
/** An event leaves in binary mode, and HTTP servers take some 16 KiB of headers: a dead letter's additions must fit too. */
const MAX_ATTRIBUTES_BYTES = 8192;
const ACCEPTED = { "content-length": "0" };

/** Makes the server of a broker; it does not listen yet. */
export function createIngress({ broker, subscriptions, journal, metrics, limits, logger }: IngressOptions): Ingress {
  const path = `/${broker.namespace}/${broker.name}`;
  const bodies = new BodyReader(limits);
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: limits.requestTimeoutMs,
    requestTimeout: 0, // BodyReader sees to it
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, limits.requestTimeoutMs),
  });
  const drain = new Drain(server);
  server.on("clientError", answerClientError);

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    response.on("close", drain.started(request.socket));
    if (drain.isDraining) response.shouldKeepAlive = false;
    const { method = "", url = "" } = request;
    const place = url === path ? path : placeOf(url);
    if (place === path) {
      if (method === "POST") receive(request, response);
      else if (method === "OPTIONS") answerHandshake(response);
      else refuseEvent(request, response, wrongMethod("POST, OPTIONS"));
    } else if (place === "/health/live" || place === "/health/ready" || place === "/metrics") {
      if (method === "GET" || method === "HEAD") inform(place, response);
      else refuse(request, response, wrongMethod("GET"));
    } else {
      const detail = `Expected POST ${path}: no other broker is here.`;
      refuseEvent(request, response, { status: 404, title: "Not found", detail });
    }
  });

  function receive(request: IncomingMessage, response: ServerResponse): void {
    bodies.read(
      request,
      (body) => take(request, response, body),
      (problem) => refuseEvent(request, response, problem),
    );
  }

  function take(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const { headers } = request;
    const mode = eventModeOf(headers);
    if (mode === undefined || mode === "batch") {
      const got = mode === undefined ? "no CloudEvent" : "a batch, which brokers do not take";
      refuseInvalid(response, `Expected one CloudEvent 1.0, binary or structured, got ${got}.`);
      return;
    }
    if (isForeignFormat(headers, mode)) {
      metrics.events.invalid.inc();
      const detail = "Expected a CloudEvent in JSON, in UTF-8 and not compressed.";
      sendProblem(response, { status: 415, title: "Unsupported media type", detail });
      return;
    }
    const decoded = decodeEvents(mode, headers, body);
    if (!decoded.ok) {
      refuseInvalid(response, "Expected a valid CloudEvent 1.0.", decoded.faults);
      return;
    }
    const event = decoded.value[0] as CloudEvent;
    if (headerBytesOf(event) > MAX_ATTRIBUTES_BYTES) {
      refuseInvalid(response, `Expected attributes of at most ${MAX_ATTRIBUTES_BYTES} bytes together, as headers.`);
      return;
    }
    const admission = admit(event, { subscriptions, done: (outcome) => answer(response, event, outcome) });
    if (admission.kind === "wanted") {
      journal.add(admission.event);
    } else if (admission.kind === "unmatched") {
      // As Knative does: nobody has subscribed to it, so that it is done.
      metrics.events.unmatched.inc();
      accept(response);
    } else {
      metrics.events.hop_limit.inc();
      logger.warn(logFieldsOf(event), "event refused: it has come through brokers too often");
      const detail = "The event's knativebrokerttl is used up: does a reply cause itself?";
      sendProblem(response, { status: 400, title: "Hop limit reached", detail });
    }
  }

  function answer(response: ServerResponse, event: CloudEvent, outcome: AddOutcome): void {
    if (outcome.kind === "stored") {
      metrics.events.accepted.inc();
      if (logger.isLevelEnabled("debug")) logger.debug(logFieldsOf(event), "event accepted");
      accept(response);
      return;
    }
    metrics.events[outcome.kind].inc();
    const reason = outcome.kind === "full" ? "The broker's quota is used up" : "The broker's disk does not take writes";
    const detail = `${reason}: send the event again later.`;
    sendProblem(response, { status: 503, title: "Service unavailable", detail, headers: RETRY_SOON });
  }

  function refuseInvalid(response: ServerResponse, detail: string, errors?: readonly Fault[]): void {
    metrics.events.invalid.inc();
    sendProblem(response, { status: 400, title: "Invalid event", detail, ...(errors !== undefined && { errors }) });
  }

  function refuseEvent(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
    metrics.events.refused.inc();
    refuse(request, response, problem);
  }

  function inform(place: string, response: ServerResponse): void {
    if (place === "/metrics") sendMetrics(response);
    else if (place === "/health/ready" && drain.isDraining) sendText(response, 503, "stopping");
    else sendText(response, 200, "OK");
  }

  function sendMetrics(response: ServerResponse): void {
    const { registry } = metrics;
    registry.metrics().then(
      (text) => sendText(response, 200, text, registry.contentType),
      (error) => {
        logger.error({ err: error }, "the metrics failed: this is a defect");
        sendProblem(response, { status: 500, title: "Internal error", detail: "The metrics failed; it was logged." });
      },
    );
  }

  return {
    server,
    async close(graceMs, quietMs) {
      const isComplete = await drain.drain(graceMs, quietMs);
      bodies.close();
      return isComplete;
    },
  };
}

/** The path of a URL, without its query and without a slash at the end. */
function placeOf(url: string): string {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function wrongMethod(allow: string): Problem {
  return { status: 405, title: "Method not allowed", detail: `Expected ${allow}.`, headers: { allow } };
}

function accept(response: ServerResponse): void {
  response.writeHead(202, ACCEPTED);
  response.end();
}

// CloudEvents webhook spec 4: anyone may send, as fast as they like.
function answerHandshake(response: ServerResponse): void {
  response.writeHead(200, {
    allow: "POST, OPTIONS",
    "webhook-allowed-origin": "*",
    "webhook-allowed-rate": "*",
    "content-length": "0",
  });
  response.end();
}

function sendText(response: ServerResponse, status: number, text: string, type = "text/plain"): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function headerBytesOf(event: CloudEvent): number {
  const { headers } = encodeBinary({ ...event, data: { kind: "none" } });
  let bytes = 0;
  for (const name in headers) bytes += name.length + (headers[name] as string).length;
  return bytes;
}

/** What is no HTTP, or comes too slowly or with too many headers, never becomes a request: Node asks here for an answer. */
function answerClientError(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS.get(error.code ?? "") ?? 400;
  const title = STATUS_CODES[status] ?? "";
  const body = problemJson({ status, title, detail: "Expected a whole HTTP/1.1 request in time." });
  const head = `Connection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}`;
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${head}\r\n\r\n${body}`);
}

const CLIENT_ERRORS: ReadonlyMap<string, number> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
  ["HPE_HEADER_OVERFLOW", 431],
]);
