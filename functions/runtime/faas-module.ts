// What faas-js-runtime takes: a module with handle, shutdown, liveness and readiness. `handle` also runs under the stock
// `faas-js-runtime` command, where the runtime has parsed the request already and only POST / arrives.
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { LIVENESS_PATH, READINESS_PATH, readinessOf } from "../../http/health.ts";
import { problem } from "../../http/problem.ts";
import type { HttpReply } from "../../http/route.ts";
import type { Logger } from "../log.ts";
import type { PulseFunction } from "../pulse-function.ts";

/** The part of the runtime's context that is used. */
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

/** A function as a module for faas-js-runtime; `stop` is run once when the process is told to end. */
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
      body: bytesAgain(context.body),
      log,
    }));
  return toFaas(reply);
}

function bytesAgain(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body === undefined || body === null) return Buffer.alloc(0);
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

// The runtime sends an object without a `body` as the answer itself, hence the empty string.
function toFaas(reply: HttpReply) {
  const body = reply.body instanceof Readable ? reply.body : (reply.body?.toString() ?? "");
  return { statusCode: reply.status, headers: { "content-type": "text/plain", ...reply.headers }, body };
}
