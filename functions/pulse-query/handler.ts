// pulse-query reads and shows. service-list.ts judges services, summary.ts sums spans up, live.ts streams, export.ts gives whole
// spans, badge.ts draws, dead-letters.ts passes on to pulse-deadletter, openapi.ts describes it all, page/ shows it.

import { asPolled } from "../../http/conditional.ts";
import { freshJson, json } from "../../http/json.ts";
import { badRequest, problem, tryLater } from "../../http/problem.ts";
import { faultsInQuery, readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import type { PulseReader, StoreLifecycle } from "../../storage/ports.ts";
import type { Logger } from "../log.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { whileStoreAnswers } from "../store-answers.ts";
import type { Summary } from "./answers.ts";
import { drawBadge } from "./badge.ts";
import { deadLetterRoutes } from "./dead-letters.ts";
import { Exports, wantsLines } from "./export.ts";
import { Live, type LiveOptions } from "./live.ts";
import { everyServiceSource, oneServiceSource } from "./live-sources.ts";
import { pageRoutes } from "./page/routes.ts";
import { readExportQuery, readPulsesQuery, readSummaryQuery } from "./query-parameters.ts";
import { ServiceList } from "./service-list.ts";
import { ServiceStreams } from "./service-streams.ts";
import { SharedAnswers } from "./shared-answers.ts";
import { summarize } from "./summary.ts";
import { viewPulse, viewService, viewServiceDetail } from "./view.ts";

export interface QueryOptions {
  store: PulseReader & StoreLifecycle;
  retentionMs: number;
  log: Logger;
  /** Of live streams. */
  live?: Partial<Omit<LiveOptions, "onError" | "onIdle">>;
  /** Where pulse-deadletter is. */
  deadLetterUrl?: URL | undefined;
  /** Where services send their pulses, for the page's first words. */
  ingestUrl?: URL | undefined;
  /** Epoch ms. @default Date.now */
  now?: () => number;
}

/** Each holds up to 7 MB of sketches, and the rows that it is reading. */
const MAX_SUMMARIES = 8;

/** pulse-query: every service's health, its pulses and what they come to, as JSON, as a live stream and as a page. */
export function createQuery({
  store,
  retentionMs,
  log,
  live: given,
  deadLetterUrl,
  ingestUrl,
  now = Date.now,
}: QueryOptions): PulseFunction {
  const liveOptions: LiveOptions = {
    ...given,
    onError: (error) => log.warn({ err: error }, "the store did not answer: live listeners wait"),
  };
  const services = new ServiceList({ reader: store, now });
  const live = new Live(everyServiceSource(services), liveOptions);
  const serviceStreams = new ServiceStreams((service) => oneServiceSource(services, store, service), liveOptions);
  const exports = new Exports(store);
  const summaries = new SharedAnswers<Summary>(now);

  async function listServices(request: HttpRequest): Promise<HttpReply> {
    const read = readQuery({}, request.query);
    if (!read.ok) return badRequest(read.faults);
    return asPolled(freshJson(200, { services: (await services.latest()).map(viewService) }), request);
  }

  async function showService(request: HttpRequest): Promise<HttpReply> {
    const read = readQuery({}, request.query);
    if (!read.ok) return badRequest(read.faults);
    const service = await services.one(request.parameters.service as string);
    if (service === undefined)
      return problem(404, "Not found", "Expected a service that has pulsed within the retention.");
    return asPolled(freshJson(200, viewServiceDetail(service)), request);
  }

  async function showBadge(request: HttpRequest): Promise<HttpReply> {
    const read = readQuery({}, request.query);
    if (!read.ok) return badRequest(read.faults);
    const name = request.parameters.service as string;
    const service = await services.one(name);
    const body = await drawBadge(name, service?.health ?? "unknown");
    // Opened by itself it is a document of this origin: it may not do anything.
    const headers = {
      "content-type": "image/svg+xml",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      "x-content-type-options": "nosniff",
    };
    return asPolled({ status: 200, headers, body }, request);
  }

  async function listPulses({ parameters, query, headers, method }: HttpRequest): Promise<HttpReply> {
    if (wantsLines(headers.accept) && method === "GET") {
      const span = readExportQuery(query, { now: now(), retentionMs });
      return span.ok ? exports.open(parameters.service as string, span.value) : badRequest(span.faults);
    }
    const read = readPulsesQuery(query, { now: now(), retentionMs });
    if (!read.ok) return badRequest(read.faults);
    const { span, limit, cursor } = read.value;
    // A service that never pulsed has an empty page: whether it is known would take a look at all of them.
    const page = await store.page(parameters.service as string, span, limit, cursor);
    if (!page.ok) return badRequest(faultsInQuery(page.faults));
    const reply = freshJson(200, { pulses: page.value.pulses.map(viewPulse), cursor: page.value.cursor });
    return { ...reply, headers: { ...reply.headers, vary: "accept" } };
  }

  async function showSummary(request: HttpRequest): Promise<HttpReply> {
    const read = readSummaryQuery(request.query, { now: now(), retentionMs });
    if (!read.ok) return badRequest(read.faults);
    const { span, buckets } = read.value;
    const service = request.parameters.service as string;
    const key = JSON.stringify([service, span.from, span.to, buckets]);
    if (!summaries.has(key) && summaries.underWay === MAX_SUMMARIES) {
      return tryLater(503, "No more summaries can be made at this moment.", 1000);
    }
    const summary = await summaries.get(key, () => summarize(store, service, span, buckets));
    return asPolled(freshJson(200, summary), request);
  }

  async function showDescription(request: HttpRequest): Promise<HttpReply> {
    const { describeApi } = await import("./openapi.ts");
    return asPolled(json(200, describeApi()), request);
  }

  function listen({ method, query, parameters }: HttpRequest): HttpReply {
    const read = readQuery({}, query);
    if (!read.ok) return badRequest(read.faults);
    // Connection: close, so that a stopping server need not wait for what a browser does with it next.
    const headers = {
      "cache-control": "no-store",
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
      connection: "close",
    };
    if (method === "HEAD") return { status: 200, headers };
    const { service } = parameters;
    const stream = service === undefined ? live.listen() : serviceStreams.listen(service);
    if (stream === undefined) return tryLater(503, "No more live listeners can be served at this moment.", 2000);
    return { status: 200, headers, body: stream };
  }

  const routes: Route[] = [
    ...pageRoutes({ ingestUrl }),
    ...deadLetterRoutes({ url: deadLetterUrl }),
    { method: "GET", path: "/services", handle: whileStoreAnswers(listServices) },
    { method: "GET", path: "/services/{service}", handle: whileStoreAnswers(showService) },
    { method: "GET", path: "/services/{service}/pulses", handle: whileStoreAnswers(listPulses) },
    { method: "GET", path: "/services/{service}/summary", handle: whileStoreAnswers(showSummary) },
    { method: "GET", path: "/services/{service}/badge.svg", handle: whileStoreAnswers(showBadge) },
    { method: "GET", path: "/services/{service}/live", handle: listen },
    { method: "GET", path: "/live", handle: listen },
    { method: "GET", path: "/openapi.json", handle: showDescription },
  ];
  return {
    name: "pulse-query",
    routes,
    check: async () => {
      await store.check();
      await services.prepare();
    },
    onDrain: () => {
      live.end();
      serviceStreams.end();
    },
    close: () => store.close(),
  };
}
