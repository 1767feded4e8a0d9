import type { IncomingMessage, ServerResponse } from "node:http";
import type { Fault } from "../../events/fault.ts";

/** An answer for what went wrong: RFC 9457, with the faults of the event as `errors`. */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  errors?: readonly Fault[];
  headers?: Record<string, string>;
}

/** The problem's JSON. */
export function problemJson({ status, title, detail, errors }: Problem): string {
  return JSON.stringify({ type: "about:blank", title, status, detail, ...(errors !== undefined && { errors }) });
}

/** Answers with a problem. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  const body = problemJson(problem);
  response.writeHead(problem.status, { ...PROBLEM, "content-length": Buffer.byteLength(body), ...problem.headers });
  response.end(body);
}

const PROBLEM = { "content-type": "application/problem+json" };

/** The header that tells a client when another try makes sense. */
export const RETRY_SOON = { "retry-after": "1" };

/** How long a refused client may go on sending before its connection is cut: cut at once, it would not see the answer. */
const LINGER_MS = 2000;

/** Answers with a problem to a request whose body has perhaps not been read, and reads it away. */
export function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const { headers, complete } = request;
  if (complete || (headers["content-length"] ?? headers["transfer-encoding"]) === undefined) {
    sendProblem(response, problem);
    return;
  }
  response.shouldKeepAlive = false;
  const body = problemJson(problem);
  response.writeHead(problem.status, { ...PROBLEM, "content-length": Buffer.byteLength(body), ...problem.headers });
  response.write(body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  request.on("end", end);
  request.on("close", end);
  request.resume();
}
