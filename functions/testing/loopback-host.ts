import { once } from "node:events";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createRouter } from "../../http/router.ts";
import { createLogger } from "../log.ts";
import type { PulseFunction } from "../pulse-function.ts";

/** A function on a port of its own, for tests: its routes over real HTTP without the runtime, which takes the process's signals. */
export interface LoopbackHost {
  url: string;
  close(): Promise<void>;
}

/** Serves a function on 127.0.0.1 until it is closed. */
export async function openLoopbackHost(fn: PulseFunction): Promise<LoopbackHost> {
  const findRoute = createRouter(fn.routes);
  const log = createLogger("silent", fn.name);
  const server = createServer(async (request, response) => {
    // A client that goes away in the middle has nothing to be told.
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const method = request.method ?? "GET";
    const match = findRoute(method, pathname);
    const reply =
      match.route === undefined
        ? match.reply
        : (match.route.admit?.(request.headers) ??
          (await match.route.handle({
            method,
            parameters: match.parameters,
            query: searchParams,
            headers: request.headers,
            body,
            log,
          })));
    response.writeHead(reply.status, reply.headers);
    if (reply.body instanceof Readable) await pipeline(reply.body, response).catch(() => undefined);
    else response.end(reply.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      fn.onDrain?.();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await fn.close();
    },
  };
}
