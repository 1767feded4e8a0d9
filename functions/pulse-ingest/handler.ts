import type { IncomingHttpHeaders } from "node:http";
import { isContradictory } from "../../events/header-value.ts";
import { eventModeOf, isForeignFormat } from "../../events/http-binding.ts";
import type { Pulse } from "../../events/pulse.ts";
import { badRequest, contentOf, problem, tryLater } from "../../http/problem.ts";
import { RecentRefusal } from "../../http/recent-refusal.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import { replyToFailedEmit } from "../outcome-replies.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { bearerOf } from "../tokens/credential.ts";
import { forbidden, unauthorized } from "../tokens/refusals.ts";
import type { Grant, Tokens } from "../tokens/token-file.ts";
import type { Emitter, RequestOutcome } from "./emitter.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";
import type { KnownServices, NewServices } from "./known-services.ts";
import { isPlainType, pulsesOfEvents, pulsesOfPlain } from "./request-pulses.ts";

export interface IngestOptions {
  emitter: Emitter;
  metrics: IngestMetrics;
  services: KnownServices;
  tokens: Tokens | undefined;
  retentionMs: number;
  maxPulses: number;
  /** Closes the connections to other parts, once no pulse waits. */
  disconnect: () => Promise<void>;
}

const TWO_CONTENT_TYPES = [{ pointer: "", rule: "Expected one Content-Type, or equal ones", got: "different ones" }];
/** A place for a service becomes free when another one expires or is forgotten. */
const NEW_SERVICE_RETRY_MS = 60_000;

/** pulse-ingest: takes pulses over HTTP and answers 202 once the broker has them. */
export function createIngest(options: IngestOptions): PulseFunction {
  const { emitter, metrics, services, tokens } = options;
  const refusal = new RecentRefusal();

  function refuse(reason: string, reply: HttpReply): HttpReply {
    metrics.rejected.inc({ reason });
    return reply;
  }

  function accept(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const { headers, body } = request;
    // The buffer filled up while the body arrived. Parsing the body would cost most when there is least to spare.
    if (emitter.isFullFor(body.length)) return refuse("full", refusalOf({ kind: "full" }));
    const mode = eventModeOf(headers);
    if (isForeignFormat(headers, mode) || (mode === undefined && !isPlainType(headers["content-type"]))) {
      return refuse("unsupported", unsupported(headers));
    }
    if (isContradictory("content-type", request.rawHeaders)) return refuse("invalid", badRequest(TWO_CONTENT_TYPES));
    const context = { now: Date.now(), retentionMs: options.retentionMs, maxPulses: options.maxPulses };
    const parsed = mode === undefined ? pulsesOfPlain(request, context) : pulsesOfEvents(mode, request, context);
    if (!parsed.ok) return refuse("invalid", badRequest(parsed.faults));
    const pulses = parsed.value;
    let grant: Grant | undefined;
    if (tokens !== undefined) {
      grant = tokens.grantOf(bearerOf(headers));
      // The token was revoked while the body arrived.
      if (grant === undefined) return refuse("unauthorized", unauthorized(true));
      const { covers } = grant;
      const foreign = pulses.find((pulse) => !covers(pulse.service_name));
      if (foreign !== undefined) return refuse("forbidden", notFor(foreign));
    }
    const entry = services.letIn(pulses, grant);
    if (entry.kind === "too-many") return refuse("services", tooManyServices(entry));
    // While the events are in flight, only what the answer needs is kept: the pulses would take most of the memory.
    const reply = mode === undefined ? acceptedReply(pulses) : { status: 202 };
    const counts = metrics.accepted.countsOf(pulses);
    return emitter.emit(pulses, body.length).then((outcome) => {
      if (outcome.kind === "full") services.turnOut(entry.names);
      if (outcome.kind !== "full") refusal.note(outcome.kind === "unavailable" ? outcome.reason : undefined);
      if (outcome.kind !== "accepted") return refuse(outcome.kind, refusalOf(outcome));
      metrics.accepted.add(counts);
      return reply;
    });
  }

  function admit(headers: IncomingHttpHeaders): HttpReply | undefined {
    if (tokens !== undefined && tokens.grantOf(bearerOf(headers)) === undefined) {
      return refuse("unauthorized", unauthorized(headers.authorization !== undefined));
    }
    const isFull = emitter.isFullFor(Number(headers["content-length"] ?? 0));
    return isFull ? refuse("full", refusalOf({ kind: "full" })) : undefined;
  }

  const post = { method: "POST", admit, handle: accept } as const;
  const ask = { method: "OPTIONS", handle: (request: HttpRequest) => handshake(request.headers) } as const;
  const routes: Route[] = ["/pulse", "/"].flatMap((path) => [
    { ...post, path },
    { ...ask, path },
  ]);
  return {
    name: "pulse-ingest",
    routes,
    senderOf: (headers) => tokens?.grantOf(bearerOf(headers))?.sender,
    // Without a broker, requests still get an answer: a 503 that says so.
    check: async () => refusal.reason && `Pulses are not accepted: ${refusal.reason}`,
    close: async () => {
      await emitter.flush();
      await options.disconnect();
      tokens?.close();
    },
  };
}

function acceptedReply(pulses: readonly Pulse[]): HttpReply {
  const body = JSON.stringify({ accepted: pulses.length, ids: pulses.map((pulse) => pulse.id) });
  return { status: 202, headers: { "content-type": "application/json" }, body };
}

function refusalOf(outcome: Exclude<RequestOutcome, { kind: "accepted" }>): HttpReply {
  if (outcome.kind === "full") {
    return tryLater(429, "Too many pulses wait for the broker; nothing of the request was accepted.", 1000);
  }
  const detail =
    outcome.kind === "refused"
      ? `Not accepted: ${outcome.reason}.`
      : `Not accepted as a whole: ${outcome.reason}. Some of its pulses may be: send all of the request again, with the same ids.`;
  return replyToFailedEmit(outcome.kind, detail);
}

function tooManyServices({ name, bound }: NewServices & { kind: "too-many" }): HttpReply {
  const detail = `Expected services that there are, got the new one ${name} beyond the bound of ${bound}: raise PULSE_MAX_SERVICES or PULSE_MAX_SERVICES_PER_TOKEN, or forget services. Nothing of the request was accepted; pulses of known services go on.`;
  return tryLater(429, detail, NEW_SERVICE_RETRY_MS);
}

function unsupported(headers: IncomingHttpHeaders): HttpReply {
  const expected =
    "application/json, application/x-ndjson, or CloudEvents 1.0 in JSON (binary, structured or batch), in UTF-8";
  return problem(415, "Unsupported media type", `Expected Content-Type ${expected}, got ${contentOf(headers)}.`, {
    headers: {
      accept:
        "application/json, application/x-ndjson, application/cloudevents+json, application/cloudevents-batch+json",
    },
  });
}

function notFor(pulse: Pulse): HttpReply {
  return forbidden(`Expected a token that may send for the service ${pulse.service_name}.`);
}

// CloudEvents webhook spec, section 4: before it sends, a sender asks whether it may.
function handshake(headers: IncomingHttpHeaders): HttpReply {
  const origin = headers["webhook-request-origin"];
  return {
    status: 204,
    headers: {
      allow: "POST, OPTIONS",
      "webhook-allowed-origin": typeof origin === "string" ? origin : "*",
      "webhook-allowed-rate": "*", // there is no limit a minute: 429 says when the buffer is full
    },
  };
}
