import type { IncomingHttpHeaders } from "node:http";
import { type Fault, MAX_FAULTS } from "../events/fault.ts";
import { quote } from "../settings/field.ts";
import type { HttpReply } from "./route.ts";

const MAX_LISTED_FAULTS = 100;

/** An answer that says what went wrong: a problem document (RFC 9457) with the request's faults as `errors`. */
export function problem(
  status: number,
  title: string,
  detail: string,
  { faults = [], headers = {} }: { faults?: readonly Fault[]; headers?: Record<string, string> } = {},
): HttpReply {
  const errors = faults.length > MAX_LISTED_FAULTS ? faults.slice(0, MAX_LISTED_FAULTS) : faults;
  return {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
    body: JSON.stringify({ type: "about:blank", title, status, detail, ...(errors.length > 0 && { errors }) }),
    ...(faults.length > 0 && { faults }),
  };
}

/** The detail of a problem document, if a body is one. */
export function detailOf(body: string): string | undefined {
  try {
    const { detail } = JSON.parse(body);
    return typeof detail === "string" ? detail : undefined;
  } catch {
    return undefined;
  }
}

/** 400 for a request with faults. It lists the first 100, or those that fit in `maxListBytes`, and counts the others. */
export function badRequest(faults: readonly Fault[], maxListBytes = Number.POSITIVE_INFINITY): HttpReply {
  const listed = maxListBytes === Number.POSITIVE_INFINITY ? faults : thoseThatFit(faults, maxListBytes);
  const shown = Math.min(listed.length, MAX_LISTED_FAULTS);
  const more = faults.length > shown ? `, the first ${shown} of them listed` : "";
  const count = faults.length >= MAX_FAULTS ? `At least ${MAX_FAULTS}` : String(faults.length);
  const found = `${count} fault${faults.length === 1 ? "" : "s"} found`;
  const isOfQuery = faults.every(({ pointer }) => pointer.startsWith("/query/"));
  const detail = isOfQuery ? `${found} in the query${more}.` : `${found}${more}; nothing of the request was accepted.`;
  return { ...problem(400, "Invalid request", detail, { faults: listed }), faults };
}

/** What a request says of its content, for an answer that refuses it. */
export function contentOf(headers: IncomingHttpHeaders): string {
  const { "content-type": type, "content-encoding": encoding } = headers;
  const what = type === undefined ? "none" : quote(type);
  return encoding === undefined ? what : `${what} with Content-Encoding ${quote(encoding)}`;
}

/** 429 or 503, with the time after which another try makes sense, in whole seconds and at least one. */
export function tryLater(status: 429 | 503, detail: string, retryAfterMs: number): HttpReply {
  const title = status === 429 ? "Too many requests" : "Service unavailable";
  return problem(status, title, detail, {
    headers: { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  });
}

/** What a problem document takes besides its list of faults, generously. */
const FRAME_BYTES = 250;
/** A sender names fields as it likes: one name must not take the place of all faults. */
const MAX_POINTER_LENGTH = 60;

/** A refusal whose body has at most `maxBytes`: it lists fewer faults, or its detail ends early. */
export function shortened(reply: HttpReply, maxBytes: number): HttpReply {
  const { body, faults } = reply;
  if (typeof body !== "string" || Buffer.byteLength(body) <= maxBytes) return reply;
  if (faults !== undefined) return badRequest(faults, maxBytes - FRAME_BYTES);
  const document = JSON.parse(body);
  const excess = Buffer.byteLength(body) - maxBytes + Buffer.byteLength("…");
  const detail = `${document.detail.slice(0, -excess).toWellFormed()}…`;
  return { ...reply, body: JSON.stringify({ ...document, detail }) };
}

function thoseThatFit(faults: readonly Fault[], maxBytes: number): Fault[] {
  const listed: Fault[] = [];
  let bytes = 0;
  for (const fault of faults) {
    const { pointer } = fault;
    const cut = `${pointer.slice(0, MAX_POINTER_LENGTH).toWellFormed()}…`;
    const short = pointer.length > MAX_POINTER_LENGTH ? { ...fault, pointer: cut } : fault;
    bytes += Buffer.byteLength(JSON.stringify(short)) + 1;
    if (bytes > maxBytes) break;
    listed.push(short);
  }
  return listed;
}
