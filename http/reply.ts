import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Logger } from "pino";
import { type Fault, MAX_FAULTS } from "../events/fault.ts";

/** A request whose body has been read whole. */
export interface HttpRequest {
  method: string;
  /** Percent-decoded values of the `{name}` parts of the route's path. */
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  log: Logger;
}

export interface HttpReply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer | Readable;
  /** For a refusal: what its log line says besides the reason, such as the event's id. Never a payload. */
  trail?: object;
}

/** One way into a function. */
export interface Route {
  method: "GET" | "POST" | "OPTIONS";
  /** Literal segments and `{name}` for one segment. */
  path: string;
  /** Decides by the headers alone, before the body is read, whether to refuse. */
  admit?: (headers: IncomingHttpHeaders) => HttpReply | undefined;
  handle: (request: HttpRequest) => HttpReply | Promise<HttpReply>;
}

/** What a folder under functions/ provides: its routes, and what it does at the ends of its life. */
export interface PulseFunction {
  name: string;
  routes: Route[];
  /** Rejects, with an error that names the remedy, while the function cannot do its work. */
  check: () => Promise<void>;
  /** Called once when the process is told to stop, before the wait for what is in flight: ends what would not end by itself. */
  onDrain?: () => void;
  /** Called once when no request is in flight any more. */
  close: () => Promise<void>;
}

const MAX_LISTED_FAULTS = 100;

/** An answer for what went wrong: RFC 9457, with the faults of the request as `errors`. */
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

/** 400 for a request with faults; beyond 100 they are counted, not listed. */
export function badRequest(faults: readonly Fault[]): HttpReply {
  const listed = Math.min(faults.length, MAX_LISTED_FAULTS);
  const more = faults.length > listed ? `, the first ${listed} of them listed` : "";
  const count = faults.length >= MAX_FAULTS ? `At least ${MAX_FAULTS}` : String(faults.length);
  const detail = `${count} fault${faults.length === 1 ? "" : "s"} found${more}; nothing of the request was accepted.`;
  return problem(400, "Invalid request", detail, { faults });
}

/** 429 or 503, with the time after which another try makes sense. */
export function tryLater(status: 429 | 503, detail: string, retryAfterMs: number): HttpReply {
  const title = status === 429 ? "Too many requests" : "Service unavailable";
  return problem(status, title, detail, {
    headers: { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  });
}

/** An answer in JSON. */
export function json(status: number, value: unknown): HttpReply {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
