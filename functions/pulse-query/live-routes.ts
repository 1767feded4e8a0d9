import type { Readable } from "node:stream";
import { Places } from "../../http/places.ts";
import { badRequest, tryLater } from "../../http/problem.ts";
import { readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import type { PulseReader } from "../../storage/ports.ts";
import type { Door } from "../tokens/doors.ts";
import { behind, isStillFor } from "../tokens/guarded-routes.ts";
import type { Grant } from "../tokens/token-file.ts";
import { EveryServiceSource } from "./every-service-source.ts";
import { Live, type LiveOptions } from "./live.ts";
import { OneServiceSource } from "./one-service-source.ts";
import type { ServiceList } from "./service-list.ts";
import { Unread } from "./unread.ts";

const HEADERS = {
  "cache-control": "no-store",
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
  // A stopping server would wait for a connection that outlives its stream.
  connection: "close",
};

/** How long what was seen of a service is kept when its last listener has gone, for one that connects again. */
const REST_MS = 60_000;
/** Services without listeners that are kept at one time: a third of a megabyte each. */
const MAX_RESTING = 100;

export interface LiveRoutesOptions extends LiveOptions {
  services: ServiceList;
  reader: Pick<PulseReader, "page">;
  /** Who may read. */
  door: Door;
  /** Epoch ms. */
  now: () => number;
}

/** The live streams of every service and of one; `end` ends them all, and later requests get 503. */
export function liveRoutes(given: LiveRoutesOptions): { routes: Route[]; end: () => void } {
  const options = { unread: new Unread(), ...given };
  const { services, reader, door, now } = options;
  const places = new Places(options.maxListeners);
  /** Of every service that a token may see; those that see all share one. What was seen goes with the last listener. */
  const everyService = new Map<Grant | "all", Live>();
  /** A live stream for each service that somebody looks at, or has just looked at. */
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

  function liveOfEvery(grant: Grant): Live {
    const key = grant.coversAll ? "all" : grant;
    const source = () => new EveryServiceSource(services, now, (service) => grant.covers(service));
    const live = everyService.get(key) ?? new Live(source(), { ...options, onIdle: () => everyService.delete(key) });
    everyService.set(key, live);
    return live;
  }

  function liveOf(service: string | undefined, grant: Grant): Live {
    if (service === undefined) return liveOfEvery(grant);
    clearTimeout(resting.get(service));
    resting.delete(service);
    const source = () => new OneServiceSource(services, reader, service);
    const live = oneService.get(service) ?? new Live(source(), { ...options, onIdle: () => rest(service) });
    oneService.set(service, live);
    return live;
  }

  function listen(request: HttpRequest, grant: Grant): HttpReply {
    const { method, parameters, query, headers, client } = request;
    const { service } = parameters;
    const read = readQuery({}, query);
    if (!read.ok) return badRequest(read.faults);
    if (method === "HEAD") return { status: 200, headers: HEADERS };
    let stream: Readable | undefined;
    const leave = isEnded ? undefined : places.take(client(), () => stream?.destroy());
    if (leave === undefined) return tryLater(503, "No more live listeners can be served at this moment.", 2000);
    const mayStay = () => isStillFor(grant, door.grantOf(headers), service);
    stream = liveOf(service, grant)
      .listen(String(headers["last-event-id"] ?? ""), mayStay, client())
      .on("close", leave);
    return { status: 200, headers: HEADERS, body: stream };
  }

  return {
    routes: behind(door, [
      { method: "GET", path: "/live", handle: listen },
      { method: "GET", path: "/services/{service}/live", handle: listen },
    ]),
    end() {
      isEnded = true;
      for (const live of [...everyService.values(), ...oneService.values()]) live.end();
    },
  };
}
