// The only importer of faas-js-runtime. The runtime stays the host: it starts the server, runs the hooks and handles the
// signals. http/server.ts takes the place of its request path, which costs 2.8 (JSON) to 5.7 (CloudEvent) times the CPU
// of a bare node:http server, knows no path but "/", answers 500 to an invalid event and knows no batches.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import faas from "faas-js-runtime";
import { hostGuard } from "../../http/hosts.ts";
import { addressesOf, EVERY_ADDRESS, LOOPBACK } from "../../http/listening.ts";
import { HttpServer } from "../../http/server.ts";
import { RequestMetrics } from "../metrics/request-metrics.ts";
import type { Parts } from "../parts.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { admitToAll } from "../tokens/doors.ts";
import { countBodyBytes } from "./body-garbage.ts";
import { createStop } from "./stop.ts";

// The runtime's typings speak of HTTP/2 and of a numeric log level; this is what its source does.
const start = faas.start as unknown as (
  // The runtime asks for a handler, and no request reaches it.
  module: { handle: () => void; shutdown: () => Promise<void> },
  options: { port: number; logLevel: string; config: string },
) => Promise<Server>;

/** Runs a function as an HTTP server under faas-js-runtime until the process is told to stop; resolves once it listens. */
export async function serve(
  fn: PulseFunction,
  { settings, registry, doors, tracing, log }: Pick<Parts, "settings" | "registry" | "doors" | "tracing" | "log">,
): Promise<Server> {
  let http: HttpServer | undefined;
  const close = async () => {
    await fn.close();
    doors.close();
    await tracing?.close();
  };
  const stop = createStop(
    { ...fn, close },
    {
      answerAll: async (graceMs) => (await http?.stop(graceMs)) ?? true,
      graceMs: settings.shutdownGraceMs,
      log,
    },
  );
  const [first, ...others] = addressesOf(settings.listenAddress ?? EVERY_ADDRESS);
  const server = await listeningAt(first, () =>
    start(
      { handle: () => undefined, shutdown: stop },
      {
        port: settings.port,
        logLevel: "warn",
        // The runtime lets a func.yaml in this folder override these options: node's own folder has none.
        config: dirname(process.execPath),
      },
    ),
  );
  const requestMetrics = new RequestMetrics([registry], settings.function);
  server.removeAllListeners("request");
  server.removeAllListeners("clientError");
  http = new HttpServer(server, {
    routes: fn.routes,
    check: fn.check,
    registry,
    limits: settings,
    senderOf: fn.senderOf ?? ((headers) => doors.read.grantOf(headers)?.sender),
    log,
    tracing,
    onBodyBytes: countBodyBytes,
    unpacks: true,
    pace: fn.pace,
    maxRefusalBytes: fn.maxRefusalBytes,
    admitToMetrics: admitToAll(doors.read),
    refuseHost: guardOf(settings),
    onAnswered: (method, code, seconds) => requestMetrics.observe(method, code, seconds),
  });
  await http.listenToo(others);
  await listenAtLoopback(http, fn.loopbackPort, log);
  return server;
}

async function listenAtLoopback(http: HttpServer, port: number | undefined, log: Parts["log"]): Promise<void> {
  if (port === undefined) return;
  try {
    await http.listenToo(LOOPBACK, port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    log.warn({ port, code }, "a second port is not served: something else listens there");
  }
}

/** On a laptop, where PULSE_LISTEN_ADDRESS is always set, a host needs a name that this machine has; in a container any does. */
function guardOf({ allowedHosts, listenAddress }: Parts["settings"]) {
  const names = allowedHosts ?? (listenAddress === undefined ? undefined : []);
  return names && hostGuard(names);
}

/**
 * Starts the runtime with its server at that address; the runtime itself says "::", every one. Fastify, on which the
 * runtime stands, hands each of its servers to this channel before they listen
 * (https://fastify.dev/docs/v4.29.x/Reference/Hooks/#diagnostics-channel-hooks).
 */
async function listeningAt(address: string, startRuntime: () => Promise<Server>): Promise<Server> {
  const channel = "fastify.initialization";
  const onServer = (message: unknown) => {
    const { fastify } = message as { fastify: { listen: (options: object) => Promise<string> } };
    const { listen } = fastify;
    fastify.listen = (options) => listen.call(fastify, { ...options, host: address });
  };
  subscribe(channel, onServer);
  // The runtime makes its server before it waits for anything.
  const started = startRuntime();
  unsubscribe(channel, onServer);
  const server = await started;
  const { address: actual } = server.address() as AddressInfo;
  if (actual === address) return server;
  server.close();
  throw new Error(`Expected faas-js-runtime to listen at ${address}, got ${actual}: this is a defect`);
}
