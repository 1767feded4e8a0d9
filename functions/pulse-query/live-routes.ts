import { badRequest, tryLater } from "../../http/problem.ts";
import { readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import type { PulseReader } from "../../storage/ports.ts";
import { Live, type LiveOptions } from "./live.ts";
import { everyServiceSource, oneServiceSource } from "./live-sources.ts";
import type { ServiceList } from "./service-list.ts";
import { ServiceStreams } from "./service-streams.ts";

/** What a stream's answer begins with. A stopping server would wait for a connection that outlives its stream. */
const HEADERS = {
  "cache-control": "no-store",
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
  connection: "close",
};

/** The live streams of every service and of one; `end` ends them all, and later requests get 503. */
export function liveRoutes(
  services: ServiceList,
  reader: Pick<PulseReader, "page">,
  options: LiveOptions,
): { routes: Route[]; end: () => void } {
  const live = new Live(everyServiceSource(services), options);
  const serviceStreams = new ServiceStreams((service) => oneServiceSource(services, reader, service), options);

  function listen({ method, parameters: { service }, query }: HttpRequest): HttpReply {
    const read = readQuery({}, query);
    if (!read.ok) return badRequest(read.faults);
    if (method === "HEAD") return { status: 200, headers: HEADERS };
    const stream = service === undefined ? live.listen() : serviceStreams.listen(service);
    if (stream === undefined) return tryLater(503, "No more live listeners can be served at this moment.", 2000);
    return { status: 200, headers: HEADERS, body: stream };
  }

  return {
    routes: [
      { method: "GET", path: "/live", handle: listen },
      { method: "GET", path: "/services/{service}/live", handle: listen },
    ],
    end() {
      live.end();
      serviceStreams.end();
    },
  };
}
