import { type Parsed, refuse } from "../../events/fault.ts";
import { isAbsent } from "../../events/json-value.ts";
import { MAX_AHEAD_MS } from "../../events/pulse-time.ts";
import { DAY_MS } from "../../events/time.ts";
import { inPieces } from "../../history/pieces.ts";
import { freshJson } from "../../http/json.ts";
import { badRequest, tryLater } from "../../http/problem.ts";
import { readQuery } from "../../http/query-parameters.ts";
import type { Turns } from "../../http/turns.ts";
import type { Marker, MarkerStore } from "../../storage/marker-ports.ts";
import type { PulseReader } from "../../storage/ports.ts";
import { authorOf } from "../tokens/author.ts";
import type { GuardedRoute } from "../tokens/guarded-routes.ts";
import { uuidV7 } from "../uuid-v7.ts";
import { answering } from "./answering.ts";
import { readJsonBody } from "./json-body.ts";
import { type MarkersAnswer, type MarkerView, markerBody } from "./marker-answers.ts";
import { markersParameters, readSpanQuery } from "./query-parameters.ts";
import type { ServiceList } from "./service-list.ts";
import { SharedAnswers } from "./shared-answers.ts";
import { timeText } from "./time-text.ts";
import { unknownService } from "./unknown-service.ts";
import { versionChanges } from "./versions.ts";

const RETRY_AFTER_MS = 1000;
/** Answers that are made at one time: each looks at some pulses one by one. */
const MAX_ANSWERS = 4;
const MAX_WAITING = 50;

export interface MarkerRoutesOptions {
  store: Pick<PulseReader, "page"> & { readonly markers: MarkerStore };
  services: Pick<ServiceList, "has">;
  retentionMs: number;
  historyMs: number;
  /** The header in which a proxy names its user. */
  userHeader?: string | undefined;
  turns: Turns;
  now: () => number;
}

/** Shows what changed with a service. */
export function markersRoute({ store, retentionMs, historyMs, turns, now }: MarkerRoutesOptions): GuardedRoute {
  const answers = new SharedAnswers<MarkersAnswer>(MAX_ANSWERS, MAX_WAITING, now);
  return {
    method: "GET",
    path: "/services/{service}/markers",
    handle: answering(
      (query) => readSpanQuery(markersParameters, query, { now: now(), retentionMs, historyMs }),
      async ({ span }, request) => {
        const service = request.parameters.service as string;
        const client = request.client();
        const answer = await answers.get(JSON.stringify([service, span]), request, async (signal) => {
          // SQLite answers at once: 381 looks at pulses with much metadata were one piece, 60 ms of CPU.
          const share = { signal, nextTurn: inPieces(() => turns.next(client)) };
          // Older pulses are gone: all that are looked at are those that may be there.
          const kept = { from: Math.max(span.from, now() - retentionMs), to: span.to };
          const [markers, versions] = await Promise.all([
            store.markers.list(service, span),
            versionChanges(store, service, kept, share),
          ]);
          return {
            service_name: service,
            from: timeText(span.from),
            to: timeText(span.to),
            markers: markers.map(viewMarker),
            versions: versions.map(({ time, version }) => ({ time: timeText(time), version })),
          };
        });
        if (answer === undefined) return tryLater(503, "No more markers can be looked for now.", RETRY_AFTER_MS);
        return freshJson(200, answer);
      },
    ),
  };
}

/**
 * Marks a moment of a service that there is: the store bounds the markers of a service, not the services. The same request again changes
 * nothing more, where it has an id.
 */
export function markRoute({ store, services, historyMs, userHeader, now }: MarkerRoutesOptions): GuardedRoute {
  return {
    method: "POST",
    path: "/services/{service}/markers",
    handle: answering(
      (query) => readQuery({}, query),
      async (_, { parameters, headers, body, log }, grant) => {
        const service = parameters.service as string;
        const read = readMarker(body, now(), historyMs);
        if (!read.ok) return badRequest(read.faults);
        if (!(await services.has(service))) return unknownService();
        const { id = uuidV7(), time, ...said } = read.value;
        const marker: Marker = { service, id, time: time ?? (await timeOf(service, read.value.id)), ...said };
        if (!(await store.markers.put(marker)))
          return tryLater(503, "The store does not take it at the moment.", RETRY_AFTER_MS);
        log.info({ service, what: "marker", by: authorOf(headers, grant, userHeader) }, "set for a service");
        return freshJson(200, viewMarker(marker));
      },
    ),
  };

  /** Of the marker that a request without a time may be a repetition of. */
  async function timeOf(service: string, id: string | undefined): Promise<number> {
    const former = id === undefined ? undefined : await store.markers.get(service, id);
    return former?.time ?? now();
  }
}

type NewMarker = Pick<Marker, "text" | "link"> & { id: string | undefined; time: number | undefined };

function readMarker(body: Buffer, now: number, historyMs: number): Parsed<NewMarker> {
  const read = readJsonBody(markerBody, body);
  if (!read.ok) return read;
  const { text } = read.value;
  // What an answer says, may be posted again: its null is no link.
  const id = read.value.id ?? undefined;
  const link = read.value.link ?? undefined;
  const time = isAbsent(read.value.time) ? undefined : Date.parse(read.value.time);
  if (time !== undefined && (time < now - historyMs || time > now + MAX_AHEAD_MS)) {
    const rule = `Expected a time at most 5 minutes ahead, and at most ${historyMs / DAY_MS} days ago`;
    return refuse("/time", rule, read.value.time);
  }
  return { ok: true, value: { id, time, text, link } };
}

function viewMarker({ id, time, text, link }: Marker): MarkerView {
  return { id, time: timeText(time), text, link: link ?? null };
}
