// What faas-js-runtime takes: a module with handle, shutdown, liveness and readiness. Under serve.ts the runtime calls only
// `shutdown`. Under the stock `faas-js-runtime` command it calls all four: it has parsed the request already, and only
// requests to / arrive.
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { LIVENESS_PATH, READINESS_PATH, readinessOf } from "../../http/health.ts";
import { problem } from "../../http/problem.ts";
import type { HttpReply } from "../../http/route.ts";
import type { Logger } from "../log.ts";
import type { PulseFunction } from "../pulse-function.ts";

/** The part of the runtime's context that a function needs. */
export interface FaasContext {
  method: string;
  headers: IncomingHttpHeaders;
  query: Record<string, string>;
  /** Text or bytes as they came, or what the runtime made of JSON. */
  body: unknown;
}

export interface FaasReply {
  code(status: number): FaasReply;
  header(name: string, value: string): FaasReply;
  send(body: string): unknown;
}

/** A function as a module for faas-js-runtime, which calls `stop` on a signal and on an uncaught exception. */
export function asFaasModule(fn: PulseFunction, log: Logger, stop: () => Promise<void>) {
  return {
    handle: async (context: FaasContext) => handleHosted(fn, log, context),
    shutdown: stop,
    liveness: Object.assign((_request: unknown, reply: FaasReply) => reply.send("OK"), { path: LIVENESS_PATH }),
    readiness: Object.assign(
      async (_request: unknown, reply: FaasReply) => {
        const { status, headers = {}, body } = await readinessOf(fn.check);
        return reply.code(status).header("content-type", String(headers["content-type"])).send(String(body));
      },
      { path: READINESS_PATH },
    ),
  };
}

async function handleHosted(fn: PulseFunction, log: Logger, context: FaasContext) {
  const route = fn.routes.find((candidate) => candidate.path === "/" && candidate.method === context.method);
  const { headers } = context;
  const refusal = route === undefined ? problem(404, "Not found", "Expected POST /.") : route.admit?.(headers);
  const reply =
    refusal ??
    (await (route as NonNullable<typeof route>).handle({
      method: context.method,
      parameters: {},
      query: new URLSearchParams(context.query),
      headers,
      body: bytesOf(context.body),
      log,
    }));
  return toFaas(reply);
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body === undefined || body === null) return Buffer.alloc(0);
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

// The runtime takes an object without a `body` for the answer's body: an empty string prevents that.
function toFaas(reply: HttpReply) {
  const body = reply.body instanceof Readable ? reply.body : (reply.body?.toString() ?? "");
  return { statusCode: reply.status, headers: { "content-type": "text/plain", ...reply.headers }, body };
}
