import { badRequest, tryLater } from "../../http/problem.ts";
import { readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import type { PulseReader } from "../../storage/ports.ts";
import { Live, type LiveOptions } from "./live.ts";
import { everyServiceSource, oneServiceSource } from "./live-sources.ts";
import type { ServiceList } from "./service-list.ts";

const HEADERS = {
  "cache-control": "no-store",
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
  // A stopping server would wait for a connection that outlives its stream.
  connection: "close",
};

/** The live streams of every service and of one; `end` ends them all, and later requests get 503. */
export function liveRoutes(
  services: ServiceList,
  reader: Pick<PulseReader, "page">,
  options: LiveOptions,
): { routes: Route[]; end: () => void } {
  const everyService = new Live(everyServiceSource(services), options);
  /** A live stream for each service that somebody looks at. All of them share one limit of listeners. */
  const oneService = new Map<string, Live<unknown>>();
  let isEnded = false;

  function liveOf(service: string | undefined): Live<unknown> | undefined {
    if (service === undefined) return everyService;
    const listeners = oneService.values().reduce((sum, live) => sum + live.listeners, 0);
    if (isEnded || listeners >= options.maxListeners) return undefined;
    const onIdle = () => oneService.delete(service);
    const live =
      oneService.get(service) ?? new Live(oneServiceSource(services, reader, service), { ...options, onIdle });
    oneService.set(service, live);
    return live;
  }

  function listen({ method, parameters: { service }, query }: HttpRequest): HttpReply {
    const read = readQuery({}, query);
    if (!read.ok) return badRequest(read.faults);
    if (method === "HEAD") return { status: 200, headers: HEADERS };
    const stream = liveOf(service)?.listen();
    if (stream === undefined) return tryLater(503, "No more live listeners can be served at this moment.", 2000);
    return { status: 200, headers: HEADERS, body: stream };
  }

  return {
    routes: [
      { method: "GET", path: "/live", handle: listen },
      { method: "GET", path: "/services/{service}/live", handle: listen },
    ],
    end() {
      isEnded = true;
      for (const live of [everyService, ...oneService.values()]) live.end();
    },
  };
}
