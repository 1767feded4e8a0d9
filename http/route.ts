import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Logger } from "pino";
import type { Fault } from "../events/fault.ts";
import type { OpenSpan, TraceRule } from "./tracing.ts";

/** A request whose body has been read whole. */
export interface HttpRequest {
  method: string;
  /** Percent-decoded values of the `{name}` parts of the route's path. */
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: `headers` joins the values of a repeated one. */
  rawHeaders: readonly string[];
  /** Who the request counts for: see client.ts. */
  client: () => string;
  /** Makes a signal that aborts when the client goes away before the answer begins. */
  gone: () => AbortSignal;
  body: Buffer;
  /** Its step in a trace, if it has one. */
  span?: OpenSpan | undefined;
  log: Logger;
}

export interface HttpReply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer | Readable;
  /** What is wrong with the request, all of it. The body of a refusal lists as much as fits. */
  faults?: readonly Fault[];
  /** For a refusal: what its log line says besides the reason, such as the event's id. Never a payload. */
  trail?: object;
}

/** One way into a server. */
export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE" | "OPTIONS";
  /** Literal segments and `{name}` for one segment. No log line has the values of the names. */
  path: string;
  /** What the values of the named segments look like: a path with another value is unknown. */
  forms?: Readonly<Record<string, RegExp>>;
  /** Decides by the headers and the path, before the body is read, whether to refuse. */
  admit?: (headers: IncomingHttpHeaders, parameters: HttpRequest["parameters"]) => HttpReply | undefined;
  handle: (request: HttpRequest) => HttpReply | Promise<HttpReply>;
  /** Puts a refusal, a problem document, into the words of the route's protocol. @default as it is */
  refusalOf?: (reply: HttpReply, requestHeaders: IncomingHttpHeaders) => HttpReply;
  /** What its requests do to traces. @default begins */
  trace?: TraceRule;
  /** Asked by those who watch the process: never waits for its client's share of the time, and is not counted as a request. */
  isForWatchers?: true;
  /** Asked every few seconds by a machine: neither counted as a request nor logged nor traced. */
  isProbe?: true;
}
