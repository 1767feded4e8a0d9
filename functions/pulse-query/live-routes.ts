import { badRequest, tryLater } from "../../http/problem.ts";
import { readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import type { PulseReader } from "../../storage/ports.ts";
import { EveryServiceSource } from "./every-service-source.ts";
import { Live, type LiveOptions } from "./live.ts";
import { OneServiceSource } from "./one-service-source.ts";
import type { ServiceList } from "./service-list.ts";

const HEADERS = {
  "cache-control": "no-store",
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
  // A stopping server would wait for a connection that outlives its stream.
  connection: "close",
};

/** How long what was seen of a service is kept when its last listener has gone, for one that connects again. */
const REST_MS = 60_000;
/** Services without listeners that are kept at one time: a quarter of a megabyte each. */
const MAX_RESTING = 20;

export interface LiveRoutesOptions extends LiveOptions {
  services: ServiceList;
  reader: Pick<PulseReader, "page">;
  /** Epoch ms. */
  now: () => number;
}

/** The live streams of every service and of one; `end` ends them all, and later requests get 503. */
export function liveRoutes(options: LiveRoutesOptions): { routes: Route[]; end: () => void } {
  const { services, reader, now } = options;
  const everyService = new Live(new EveryServiceSource(services, now), options);
  /** A live stream for each service that somebody looks at, or has just looked at. They share one limit of listeners. */
  const oneService = new Map<string, Live>();
  /** Those without listeners: when each is forgotten. */
  const resting = new Map<string, NodeJS.Timeout>();
  let isEnded = false;

  function forget(service: string): void {
    clearTimeout(resting.get(service));
    resting.delete(service);
    oneService.delete(service);
  }

  function rest(service: string): void {
    resting.set(service, setTimeout(forget, REST_MS, service).unref());
    if (resting.size > MAX_RESTING) forget(resting.keys().next().value as string);
  }

  function liveOf(service: string | undefined): Live | undefined {
    if (service === undefined) return everyService;
    const listeners = oneService.values().reduce((sum, live) => sum + live.listeners, 0);
    if (isEnded || listeners >= options.maxListeners) return undefined;
    clearTimeout(resting.get(service));
    resting.delete(service);
    const source = () => new OneServiceSource(services, reader, service);
    const live = oneService.get(service) ?? new Live(source(), { ...options, onIdle: () => rest(service) });
    oneService.set(service, live);
    return live;
  }

  function listen({ method, parameters: { service }, query, headers }: HttpRequest): HttpReply {
    const read = readQuery({}, query);
    if (!read.ok) return badRequest(read.faults);
    if (method === "HEAD") return { status: 200, headers: HEADERS };
    const stream = liveOf(service)?.listen(String(headers["last-event-id"] ?? ""));
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
