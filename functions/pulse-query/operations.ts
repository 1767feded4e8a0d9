// The operations of the API that openapi.ts describes.
import type * as z from "zod";
import { type Fields, flag } from "../../settings/field.ts";
import { listParameters } from "../dead-letter-parameters.ts";
import {
  badgeView,
  problemView,
  pulsesAnswer,
  serviceDetail,
  servicesAnswer,
  session,
  summary,
  trends,
} from "./answers.ts";
import { correctionBody, forgettingAnswer, maintenanceBody, replayAnswer, signInBody } from "./change-answers.ts";
import { deadLetterCount, deadLettersAnswer, deadLetterView } from "./dead-letter-answers.ts";
import { NDJSON } from "./export.ts";
import { healthHistory, historiesAnswer, incidentsAnswer, uptimeAnswer } from "./health-answers.ts";
import { CSV } from "./lines.ts";
import { markerBody, markersAnswer, markerView } from "./marker-answers.ts";
import { MAX_WINDOW } from "./pulse-window.ts";
import {
  badgeParameters,
  historiesParameters,
  historyParameters,
  incidentsParameters,
  markersParameters,
  pulsesParameters,
  servicesParameters,
  summaryParameters,
  trendsParameters,
  uptimeParameters,
} from "./query-parameters.ts";

/** One operation of the API. */
export interface Operation {
  /** @default "get" */
  method?: "get" | "post" | "put" | "delete";
  path: string;
  summary: string;
  query?: Fields;
  /** What it may be asked in headers, by name. */
  headers?: Readonly<Record<string, string>>;
  body?: { schema: z.ZodType; isRequired: boolean };
  /** Whether it asks for no token, ever. */
  isOpen?: true;
  /** By status and then by content type; `undefined` for what JSON Schema cannot describe. */
  answers: Answers;
}
type Answers = Record<number, Record<string, z.ZodType | undefined>>;

export const JSON_TYPE = "application/json";
export const PROBLEM = { "application/problem+json": problemView };
const NOT_FOUND = { 404: PROBLEM };

/** Of what sets something for a service, and of what takes it back. */
const TAKEN_BACK: Answers = { 204: {}, 400: PROBLEM, 415: PROBLEM, 503: PROBLEM };
const SET: Answers = { ...TAKEN_BACK, ...NOT_FOUND };

/** The answers of an operation whose query may have faults and whose store may be away. */
function answers(status: number, content: Record<string, z.ZodType | undefined>, more: Answers = {}): Answers {
  return { [status]: content, 400: PROBLEM, 503: PROBLEM, ...more };
}

/** The same where a client can poll with If-None-Match. */
function polled(content: Record<string, z.ZodType | undefined>, more: Answers = {}): Answers {
  return answers(200, content, { 304: {}, ...more });
}

/** All operations, in the order of the description. */
export const OPERATIONS: readonly Operation[] = [
  {
    path: "/services",
    summary: `Every service that is not retired, with its newest pulse, its health, since when and why, in pages of at most 10,000. Poll it with If-None-Match. With Accept: ${NDJSON}, all of them, one a line, without limit and cursor.`,
    query: servicesParameters,
    answers: polled({ [JSON_TYPE]: servicesAnswer, [NDJSON]: undefined }),
  },
  {
    path: "/services/{service}",
    summary: "One service: how it is, since when and why, and how it was in the last 24 hours.",
    answers: polled({ [JSON_TYPE]: serviceDetail }, NOT_FOUND),
  },
  {
    method: "delete",
    path: "/services/{service}",
    summary:
      "Removes a service with all its pulses, as `npm run forget` does. What it sends afterwards is stored. 202 where that takes longer than 15 s: ask again until it is 204. Safe to repeat.",
    answers: { 202: { [JSON_TYPE]: forgettingAnswer }, 204: {}, 400: PROBLEM, 415: PROBLEM, 503: PROBLEM },
  },
  {
    method: "put",
    path: "/services/{service}/retired",
    summary: "Retires a service: some seconds later it is in no list and in no alert. Its pulses stay.",
    answers: SET,
  },
  {
    method: "delete",
    path: "/services/{service}/retired",
    summary: "Takes back that a service is retired, unless the file of settings says so, too.",
    answers: TAKEN_BACK,
  },
  {
    method: "put",
    path: "/services/{service}/maintenance",
    summary:
      "Plans work on a service, in place of what was planned by this way before. The file of settings may plan more.",
    body: { schema: maintenanceBody, isRequired: true },
    answers: SET,
  },
  { method: "delete", path: "/services/{service}/maintenance", summary: "Takes the plan back.", answers: TAKEN_BACK },
  {
    path: "/services/{service}/markers",
    summary: "What changed with a service in a span: markers that somebody posted, and versions that its pulses say.",
    query: markersParameters,
    answers: answers(200, { [JSON_TYPE]: markersAnswer }),
  },
  {
    method: "post",
    path: "/services/{service}/markers",
    summary:
      "Marks a moment, such as a deploy, in place of the marker with the same id. The newest 500 of a service are kept.",
    body: { schema: markerBody, isRequired: true },
    answers: { 200: { [JSON_TYPE]: markerView }, ...NOT_FOUND, 400: PROBLEM, 415: PROBLEM, 503: PROBLEM },
  },
  {
    path: "/services/{service}/pulses",
    summary: `A page of a service's pulses, newest first. With Accept: ${NDJSON}, the pulses of the whole span, one a line, without limit and cursor.`,
    query: pulsesParameters,
    answers: answers(200, { [JSON_TYPE]: pulsesAnswer, [NDJSON]: undefined }),
  },
  {
    path: "/services/{service}/summary",
    summary: "Counts, health, statuses and percentiles of a span, at most a second old. Poll it with If-None-Match.",
    query: summaryParameters,
    answers: polled({ [JSON_TYPE]: summary }),
  },
  {
    path: "/trends",
    summary:
      "The p95 of several services over time, at most a second old; those that the token is not for are left out. Poll it with If-None-Match.",
    query: trendsParameters,
    answers: polled({ [JSON_TYPE]: trends }),
  },
  {
    path: "/histories",
    summary:
      "How several services were over time, at most a second old; those that the token is not for are left out. Poll it with If-None-Match.",
    query: historiesParameters,
    answers: polled({ [JSON_TYPE]: historiesAnswer }),
  },
  {
    path: "/services/{service}/history",
    summary: `How a service was: the newest runs of one health in a span, each with its cause. With Accept: ${CSV} or ${NDJSON}, the runs alone.`,
    query: historyParameters,
    answers: answers(200, { [JSON_TYPE]: healthHistory, [CSV]: undefined, [NDJSON]: undefined }),
  },
  {
    path: "/services/{service}/uptime",
    summary: `How long a service was up, degraded, down, late, unknown and in maintenance in a span or a month, up to now, and in each of its days or months. With Accept: ${CSV} or ${NDJSON}, one line, or one for each of these.`,
    query: uptimeParameters,
    answers: answers(200, { [JSON_TYPE]: uptimeAnswer, [CSV]: undefined, [NDJSON]: undefined }),
  },
  {
    path: "/incidents",
    summary: `The newest incidents of all services in a span, or those that last. With Accept: ${CSV} or ${NDJSON}, one a line.`,
    query: incidentsParameters,
    answers: answers(200, { [JSON_TYPE]: incidentsAnswer, [CSV]: undefined, [NDJSON]: undefined }),
  },
  {
    path: "/services/{service}/badge.svg",
    summary:
      "A badge with the service's health, its uptime or its p95 of a window up to now; `unknown` where nothing is known. An uptime says how much of the window is known where that is less than nine tenths. Other parameters are ignored.",
    query: badgeParameters,
    answers: polled({ "image/svg+xml": undefined }),
  },
  {
    path: "/services/{service}/badge.json",
    summary: "The same badge as data, for shields.io, which draws it in any style.",
    query: badgeParameters,
    answers: polled({ [JSON_TYPE]: badgeView }),
  },
  {
    path: "/services/{service}/live",
    summary: `Server-sent events: \`service\` when its newest pulse or its health changes, \`pulse\` for each pulse that comes among its newest ${MAX_WINDOW}, \`gap\` where more came at once, \`ready\`, \`away\`, \`heartbeat\`. Goes on after Last-Event-ID.`,
    headers: { "Last-Event-ID": "The last `id` of the stream before: this one goes on after it." },
    answers: answers(200, { "text/event-stream": undefined }),
  },
  {
    path: "/live",
    summary:
      "Server-sent events: `pulse` for each service whose newest pulse or health changes, `gone`, `ready`, `away` while the store does not answer, `heartbeat`.",
    answers: answers(200, { "text/event-stream": undefined }),
  },
  {
    path: "/dead-letters",
    summary: "Events that could not be delivered. pulse-deadletter answers.",
    query: listParameters,
    answers: answers(200, { [JSON_TYPE]: deadLettersAnswer }, NOT_FOUND),
  },
  {
    path: "/dead-letters/count",
    summary: "How many dead letters were not replayed, at most 5 s old.",
    answers: answers(200, { [JSON_TYPE]: deadLetterCount }, NOT_FOUND),
  },
  {
    path: "/dead-letters/{id}",
    summary: "One dead letter.",
    answers: { 200: { [JSON_TYPE]: deadLetterView }, ...NOT_FOUND, 503: PROBLEM },
  },
  {
    method: "post",
    path: "/dead-letters/{id}/replay",
    summary:
      "Sends a dead letter to the broker again. A body in JSON replaces the event's data; 400 lists its faults, and then nothing is sent.",
    query: { again: flag },
    body: { schema: correctionBody, isRequired: false },
    answers: answers(202, { [JSON_TYPE]: replayAnswer }, { ...NOT_FOUND, 409: PROBLEM, 415: PROBLEM, 422: PROBLEM }),
  },
  {
    path: "/session",
    summary: "What the one who asks may do.",
    isOpen: true,
    answers: { 200: { [JSON_TYPE]: session } },
  },
  {
    method: "post",
    path: "/sign-in",
    summary: 'Keeps a token in a cookie. The body is JSON such as {"token":"…"}.',
    body: { schema: signInBody, isRequired: true },
    isOpen: true,
    answers: { 204: {}, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 415: PROBLEM },
  },
  {
    method: "post",
    path: "/sign-out",
    summary: "Removes the cookie.",
    isOpen: true,
    answers: { 204: {}, 403: PROBLEM, 415: PROBLEM },
  },
  {
    path: "/openapi.json",
    summary: "This description.",
    isOpen: true,
    answers: { 200: { [JSON_TYPE]: undefined }, 304: {} },
  },
];
