import type { IncomingHttpHeaders } from "node:http";
import { mediaTypeOf } from "../../events/cloud-event.ts";
import { isContradictory } from "../../events/header-value.ts";
import { eventModeOf, isForeignFormat } from "../../events/http-binding.ts";
import type { Pulse } from "../../events/pulse.ts";
import { badRequest, contentOf, problem } from "../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import { bearerOf } from "../tokens/credential.ts";
import type { Intake } from "./intake.ts";
import { originOf } from "./origin.ts";
import { isPlainType, pulsesOfEvents, pulsesOfPlain } from "./request-pulses.ts";

const TWO_CONTENT_TYPES = [{ pointer: "", rule: "Expected one Content-Type, or equal ones", got: "different ones" }];

/** `POST /pulse` and `POST /`: pulses in PulseMesh's own form, plain or as CloudEvents. */
export function pulseRoutes(intake: Intake): Route[] {
  function accept(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const { headers, body } = request;
    // The buffer filled up while the body arrived. Parsing the body would cost most when there is least to spare.
    const full = intake.refuseWhenFull(body.length);
    if (full !== undefined) return full;
    const mode = eventModeOf(headers);
    if (isForeignFormat(headers, mode) || (mode === undefined && !isPlainType(headers["content-type"]))) {
      return intake.refuse("unsupported", unsupported(headers));
    }
    if (isContradictory("content-type", request.rawHeaders)) {
      return intake.refuse("invalid", badRequest(TWO_CONTENT_TYPES));
    }
    const context = intake.context();
    const parsed = mode === undefined ? pulsesOfPlain(request, context) : pulsesOfEvents(mode, request, context);
    if (!parsed.ok) return intake.refuse("invalid", badRequest(parsed.faults));
    const grant = intake.grantOf(bearerOf(headers));
    if ("status" in grant) return grant;
    const pulses = parsed.value;
    const reply = mode === undefined ? acceptedReply(pulses) : { status: 202 };
    return intake.sendAll(pulses, grant, originOf(request), reply);
  }

  const post = {
    method: "POST",
    admit: (headers: IncomingHttpHeaders) => intake.admit(headers),
    handle: accept,
  } as const;
  const ask = { method: "OPTIONS", handle: (request: HttpRequest) => handshake(request.headers) } as const;
  return ["/pulse", "/"].flatMap((path) => [
    { ...post, path },
    { ...ask, path },
  ]);
}

function acceptedReply(pulses: readonly Pulse[]): HttpReply {
  const body = JSON.stringify({ accepted: pulses.length, ids: pulses.map((pulse) => pulse.id) });
  return { status: 202, headers: { "content-type": "application/json" }, body };
}

function unsupported(headers: IncomingHttpHeaders): HttpReply {
  const expected =
    "application/json, application/x-ndjson, or CloudEvents 1.0 in JSON (binary, structured or batch), in UTF-8";
  // curl -d says so unless it is told another type.
  const isForm = mediaTypeOf(headers["content-type"]) === "application/x-www-form-urlencoded";
  const remedy = isForm ? ": with curl -d, name the type with -H 'content-type: application/json'" : "";
  return problem(
    415,
    "Unsupported media type",
    `Expected Content-Type ${expected}, got ${contentOf(headers)}${remedy}.`,
    {
      headers: {
        accept:
          "application/json, application/x-ndjson, application/cloudevents+json, application/cloudevents-batch+json",
      },
    },
  );
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
