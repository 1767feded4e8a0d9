// OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/): traces become pulses, metrics and logs are not taken.
//   span.ts            what a pulse needs of a span
//   traces-protobuf.ts and traces-json.ts read spans; protobuf.ts reads the wire format
//   entries.ts         which spans are entries, and what their pulses say
//   answers.ts         answers in OTLP's words
import type { IncomingHttpHeaders } from "node:http";
import type { Parsed } from "../../../events/fault.ts";
import { badRequest, contentOf, problem } from "../../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../../http/route.ts";
import type { Intake } from "../intake.ts";
import { sendSpans } from "../spans/send-spans.ts";
import { Sieve } from "../spans/sieve.ts";
import { acceptedReply, type Form, formOf, statusOf } from "./answers.ts";
import { visitEntries } from "./entries.ts";
import { MalformedProtobuf } from "./protobuf.ts";
import { readJsonTraces } from "./traces-json.ts";
import { readProtobufTraces } from "./traces-protobuf.ts";

const TRACES = "/v1/traces";

/** The routes of OTLP. */
export function otlpRoutes(intake: Intake): Route[] {
  function accept(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const { headers, body } = request;
    const full = intake.refuseWhenFull(body.length);
    if (full !== undefined) return full;
    // Asked before the body was read.
    const form = formOf(headers) as Form;
    const sieve = new Sieve(intake.context());
    const read = readTraces(form, body, sieve);
    if (!read.ok) return intake.refuse("invalid", badRequest(read.faults));
    return sendSpans(intake, sieve, request, () => acceptedReply(form, sieve.rejected, sieve.message));
  }

  function admit(headers: IncomingHttpHeaders): HttpReply | undefined {
    const refusal = intake.admit(headers);
    if (refusal !== undefined || formOf(headers) !== undefined) return refusal;
    const detail = `Expected Content-Type application/x-protobuf or application/json, got ${contentOf(headers)}.`;
    return intake.refuse("unsupported", problem(415, "Unsupported media type", detail));
  }

  const notTaken = (what: string): Route => ({
    method: "POST",
    path: `/v1/${what}`,
    admit: () =>
      problem(404, "Not found", `PulseMesh takes traces (POST ${TRACES}) and no ${what}: export traces only.`),
    handle: () => ({ status: 404 }),
    refusalOf: statusOf,
  });
  return [
    // They may bring the spans of this process: a span of theirs would lead to the next one, for ever.
    { method: "POST", path: TRACES, trace: "never", admit, handle: accept, refusalOf: statusOf },
    notTaken("metrics"),
    notTaken("logs"),
  ];
}

function readTraces(form: Form, body: Buffer, sieve: Sieve): Parsed<undefined> {
  const visit = visitEntries(sieve);
  if (form === "json") return readJsonTraces(body, visit);
  try {
    readProtobufTraces(body, visit);
    return { ok: true, value: undefined };
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error;
    const rule = `Expected an ExportTraceServiceRequest in protobuf (${error.message})`;
    return { ok: false, faults: [{ pointer: "", rule, got: "other bytes" }] };
  }
}
