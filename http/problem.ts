import { type Fault, MAX_FAULTS } from "../events/fault.ts";
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
  };
}

/** 400 for a request with faults. It lists the first 100 and counts the others. */
export function badRequest(faults: readonly Fault[]): HttpReply {
  const listed = Math.min(faults.length, MAX_LISTED_FAULTS);
  const more = faults.length > listed ? `, the first ${listed} of them listed` : "";
  const count = faults.length >= MAX_FAULTS ? `At least ${MAX_FAULTS}` : String(faults.length);
  const detail = `${count} fault${faults.length === 1 ? "" : "s"} found${more}; nothing of the request was accepted.`;
  return problem(400, "Invalid request", detail, { faults });
}

/** 429 or 503, with the time after which another try makes sense, in whole seconds and at least one. */
export function tryLater(status: 429 | 503, detail: string, retryAfterMs: number): HttpReply {
  const title = status === 429 ? "Too many requests" : "Service unavailable";
  return problem(status, title, detail, {
    headers: { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  });
}
