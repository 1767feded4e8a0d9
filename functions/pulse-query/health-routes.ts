import type { Fault } from "../../events/fault.ts";
import { DAY_MS } from "../../events/time.ts";
import { monthSpan } from "../../health/calendar.ts";
import { asPolled } from "../../http/conditional.ts";
import { freshJson } from "../../http/json.ts";
import { Places } from "../../http/places.ts";
import { badRequest, tryLater } from "../../http/problem.ts";
import type { HttpReply, HttpRequest } from "../../http/route.ts";
import type { Turns } from "../../http/turns.ts";
import type { GuardedRoute } from "../tokens/guarded-routes.ts";
import { answering } from "./answering.ts";
import type { Histories, IncidentView } from "./health-answers.ts";
import type { PastHealth } from "./health-history.ts";
import type { Incidents } from "./incidents.ts";
import { inWishedForm } from "./lines.ts";
import { LongPasts, type PastShare } from "./long-pasts.ts";
import {
  historiesParameters,
  historyParameters,
  incidentsParameters,
  MAX_LIMIT,
  readSpanQuery,
  uptimeParameters,
} from "./query-parameters.ts";
import { SharedAnswers } from "./shared-answers.ts";
import { timeText } from "./time-text.ts";

const MONTH_BESIDE_SPAN: Fault = { pointer: "/query/month", rule: "Expected it without from and to", got: "both" };

/** Lists of incidents that are made at one time. */
const MAX_LISTS = 2;
const MAX_WAITING = 50;
/** Histories of several services that are made at one time. */
const MAX_HISTORIES = 2;
/** Pasts of one service that are read at one time: of a year, runs are many. */
const MAX_PASTS = 4;

const RUN_COLUMNS = ["health", "since", "until", "confirmed_at", "cause"];
const INCIDENT_COLUMNS = ["service_name", "health", "since", "until", "cause", "owner", "link"];
const STATES = ["up", "degraded", "down", "late", "unknown", "maintenance"];
const UPTIME_COLUMNS = ["from", "to", "uptime", "coverage", ...STATES.map((state) => `${state}_s`)];

export interface HealthRoutesOptions {
  past: PastHealth;
  incidents: Incidents;
  now: () => number;
  retentionMs: number;
  historyMs: number;
  turns: Turns;
}

/** So long a past may be asked for, and is shown as not kept where it is not: the page has 90 days. */
const LEAST_PAST_MS = 92 * DAY_MS;

/** How services were: runs, uptime and incidents. */
export function healthRoutes(options: HealthRoutesOptions): GuardedRoute[] {
  const { past, incidents, retentionMs, historyMs, turns, now } = options;
  const lists = new SharedAnswers<IncidentView[]>(MAX_LISTS, MAX_WAITING, now);
  const pasts = new Places(MAX_PASTS, MAX_WAITING);
  const longPasts = new LongPasts();
  const histories = new SharedAnswers<Histories>(MAX_HISTORIES, MAX_WAITING, now);
  const read =
    <F extends Parameters<typeof readSpanQuery>[0]>(fields: F) =>
    (query: URLSearchParams) =>
      readSpanQuery(fields, query, { now: now(), retentionMs, historyMs });
  const readPast = (query: URLSearchParams) =>
    readSpanQuery(historyParameters, query, { now: now(), retentionMs, historyMs: Math.max(historyMs, LEAST_PAST_MS) });

  const inTurn = <T>(request: HttpRequest, work: (share: PastShare) => Promise<T>) => {
    const client = request.client();
    const nextTurn = () => turns.next(client);
    return pasts.workInTurn(request, (signal) =>
      longPasts.during(signal, (beforeLong) => work({ signal, nextTurn, beforeLong })),
    );
  };

  const showHistory = answering(readPast, async ({ span, limit }, request) => {
    const { parameters, headers } = request;
    const history = await inTurn(request, (share) => past.history(parameters.service as string, span, limit, share));
    if (history === undefined) return noPlace("histories");
    return inWishedForm(headers.accept, history, RUN_COLUMNS, history.runs);
  });

  const showUptime = answering(read(uptimeParameters), async (query, request) => {
    const { parameters, headers } = request;
    const { span, from, to, month, by, tz } = query;
    if (month !== undefined && (from ?? to) !== undefined) return badRequest([MONTH_BESIDE_SPAN]);
    const whole = month === undefined ? span : monthSpan(month, tz);
    const uptime = await inTurn(request, (share) =>
      past.uptime(parameters.service as string, whole, { by, zone: tz, ...share }),
    );
    if (uptime === undefined) return noPlace("uptimes");
    const { service_name: _, judged_until: __, parts, ...total } = uptime;
    return inWishedForm(headers.accept, uptime, UPTIME_COLUMNS, by === undefined ? [total] : parts);
  });

  const showHistories = answering(
    // Runs are kept longer than pulses: the retention bounds what one question reads.
    (query) => readSpanQuery(historiesParameters, query, { now: now(), retentionMs }),
    async ({ span, services = [], buckets }, request, grant) => {
      const names = services.filter((name) => grant.covers(name)).sort();
      const client = request.client();
      const answer = await histories.get(JSON.stringify([names, span, buckets]), request, (signal) =>
        past.histories(names, span, buckets, { signal, nextTurn: () => turns.next(client) }),
      );
      if (answer === undefined) return noPlace("histories");
      return asPolled(freshJson(200, answer), request);
    },
  );

  const listIncidents = answering(
    read(incidentsParameters),
    async ({ span, state, limit, from, to }, request, grant) => {
      const client = request.client();
      // Without a span it moves on by the millisecond, and would never be shared. The newest of all may hold none of a token for some.
      const key = JSON.stringify([from, to, state, grant.coversAll ? "all" : grant.sender]);
      const covers = (service: string) => grant.covers(service);
      const asked = { span, onlyOpen: state === "open", covers, most: MAX_LIMIT + 1 };
      const newest = await lists.get(key, request, (signal) =>
        incidents.list(asked, { signal, nextTurn: () => turns.next(client) }),
      );
      if (newest === undefined) return noPlace("lists of incidents");
      // One that was begun a second before may be for what the token covered then.
      const covered = newest.filter((incident) => grant.covers(incident.service_name));
      const answer = {
        judged_until: timeText(await past.judgedUntil()),
        incidents: covered.slice(0, limit),
        is_cut: covered.length > limit,
      };
      return inWishedForm(request.headers.accept, answer, INCIDENT_COLUMNS, answer.incidents);
    },
  );

  return [
    { method: "GET", path: "/services/{service}/history", handle: showHistory },
    { method: "GET", path: "/services/{service}/uptime", handle: showUptime },
    { method: "GET", path: "/histories", handle: showHistories },
    { method: "GET", path: "/incidents", handle: listIncidents },
  ];
}

function noPlace(what: string): HttpReply {
  return tryLater(503, `No more ${what} can be made at this moment.`, 1000);
}
