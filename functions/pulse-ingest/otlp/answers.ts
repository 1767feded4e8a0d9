// Answers by the specification of OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response): in the request's own
// form, a refusal as a google.rpc.Status. An exporter tries again only after 429, 502, 503 and 504.
import type { IncomingHttpHeaders } from "node:http";
import { mediaTypeOf } from "../../../events/cloud-event.ts";
import { detailOf } from "../../../http/problem.ts";
import type { HttpReply } from "../../../http/route.ts";

export type Form = "protobuf" | "json";

const TYPES: Readonly<Record<Form, string>> = { protobuf: "application/x-protobuf", json: "application/json" };

/** The codes of google.rpc.Code that say the same as an HTTP status; others are INVALID_ARGUMENT. */
const CODES: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 5, 413: 8, 429: 8, 503: 14 };
const INVALID_ARGUMENT = 3;

/** The form that a request's content type names. */
export function formOf(headers: IncomingHttpHeaders): Form | undefined {
  const type = mediaTypeOf(headers["content-type"]);
  if (type === TYPES.protobuf || type === "application/protobuf") return "protobuf";
  return type === TYPES.json ? "json" : undefined;
}

/** 200 for a request of which at least the entries that are not rejected were taken. */
export function acceptedReply(form: Form, rejected: number, message: string): HttpReply {
  const headers = { "content-type": TYPES[form] };
  if (form === "json") {
    const answer = rejected === 0 ? {} : { partialSuccess: { rejectedSpans: String(rejected), errorMessage: message } };
    return { status: 200, headers, body: JSON.stringify(answer) };
  }
  // ExportTraceServiceResponse { partial_success = 1 { int64 rejected_spans = 1; string error_message = 2 } }
  const body = rejected === 0 ? Buffer.alloc(0) : field(1, Buffer.concat([number(1, rejected), field(2, message)]));
  return { status: 200, headers, body };
}

/** A refusal in OTLP's words. What another try may bring in never has a status after which an exporter drops it. */
export function statusOf(reply: HttpReply, requestHeaders: IncomingHttpHeaders): HttpReply {
  const form = formOf(requestHeaders) ?? "json";
  // A slow connection, or a defect that a newer version may not have.
  const status = reply.status === 408 || reply.status === 500 ? 503 : reply.status;
  const headers: Record<string, string> = { ...reply.headers, "content-type": TYPES[form] };
  if (status === 503) headers["retry-after"] ??= "1";
  const code = CODES[status] ?? INVALID_ARGUMENT;
  const rules = new Set(
    reply.faults?.map(({ pointer, rule, got }) => `${rule}, got ${got}${pointer && ` (${pointer})`}`),
  );
  const message = rules.size > 0 ? [...rules].slice(0, 10).join("; ") : (detailOf(String(reply.body)) ?? "");
  // google.rpc.Status { int32 code = 1; string message = 2 }
  const body =
    form === "json" ? JSON.stringify({ code, message }) : Buffer.concat([number(1, code), field(2, message)]);
  return { status, headers, body };
}

function number(tag: number, value: number): Buffer {
  return Buffer.from([tag << 3, ...varint(value)]);
}

function field(tag: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([(tag << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
