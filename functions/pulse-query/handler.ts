import { createHash } from "node:crypto";
import type { PulseReader, StoreLifecycle } from "../../storage/ports.ts";
import { badRequest, type HttpReply, type HttpRequest, type PulseFunction, type Route, tryLater } from "../http.ts";
import type { Logger } from "../log.ts";
import { faultsInQuery, readQuery } from "../query-parameters.ts";
import { freshJson, whileStoreAnswers } from "../reading.ts";
import { Live, type LiveOptions } from "./live.ts";
import { pageRoutes } from "./page/routes.ts";
import { readPulsesQuery, readSummaryQuery } from "./query-parameters.ts";
import { summarize } from "./summary.ts";
import { viewPulse, viewService } from "./view.ts";

export interface QueryOptions {
  store: PulseReader & StoreLifecycle;
  retentionMs: number;
  log: Logger;
  /** Of `GET /live`. */
  live?: Partial<Omit<LiveOptions, "reader" | "onError">>;
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
  live: liveOptions,
  now = Date.now,
}: QueryOptions): PulseFunction {
  const live = new Live({
    ...liveOptions,
    reader: store,
    onError: (error) => log.warn({ err: error }, "the store did not answer: live listeners wait"),
  });
  let summaries = 0;

  async function listServices({ query, headers }: HttpRequest): Promise<HttpReply> {
    const read = readQuery({}, query);
    if (!read.ok) return badRequest(read.faults);
    const reply = freshJson(200, { services: (await store.latest()).map(viewService) });
    // The one answer that is asked for again and again: a client that has it is told so in a few bytes.
    const etag = `"${createHash("sha1").update(String(reply.body)).digest("base64url")}"`;
    const caching = { "cache-control": "no-cache", etag };
    if (matches(headers["if-none-match"], etag)) return { status: 304, headers: caching };
    return { ...reply, headers: { ...reply.headers, ...caching } };
  }

  async function listPulses({ parameters, query }: HttpRequest): Promise<HttpReply> {
    const read = readPulsesQuery(query, { now: now(), retentionMs });
    if (!read.ok) return badRequest(read.faults);
    const { span, limit, cursor } = read.value;
    // A service that never pulsed has an empty page: whether it is known would take a look at all of them.
    const page = await store.page(parameters.service as string, span, limit, cursor);
    if (!page.ok) return badRequest(faultsInQuery(page.faults));
    return freshJson(200, { pulses: page.value.pulses.map(viewPulse), cursor: page.value.cursor });
  }

  async function showSummary({ parameters, query }: HttpRequest): Promise<HttpReply> {
    const read = readSummaryQuery(query, { now: now(), retentionMs });
    if (!read.ok) return badRequest(read.faults);
    if (summaries === MAX_SUMMARIES) return tryLater(503, "No more summaries can be made at this moment.", 1000);
    summaries++;
    try {
      return freshJson(200, await summarize(store, parameters.service as string, read.value.span, read.value.buckets));
    } finally {
      summaries--;
    }
  }

  function listen({ method, query }: HttpRequest): HttpReply {
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
    const stream = live.listen();
    if (stream === undefined) return tryLater(503, "No more live listeners can be served at this moment.", 2000);
    return { status: 200, headers, body: stream };
  }

  const routes: Route[] = [
    ...pageRoutes(),
    { method: "GET", path: "/services", handle: whileStoreAnswers(listServices) },
    { method: "GET", path: "/services/{service}/pulses", handle: whileStoreAnswers(listPulses) },
    { method: "GET", path: "/services/{service}/summary", handle: whileStoreAnswers(showSummary) },
    { method: "GET", path: "/live", handle: listen },
  ];
  return {
    name: "pulse-query",
    routes,
    check: () => store.check(),
    onDrain: () => live.end(),
    close: () => store.close(),
  };
}

// RFC 9110 section 13.1.2: a list of tags or "*", compared weakly, since a proxy that compresses makes a tag weak.
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));
}
