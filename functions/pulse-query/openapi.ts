// The description of the API, made from the schemas of answers.ts and from the definitions that queries are read by.
import * as z from "zod";
import { type Fields, flag } from "../../settings/field.ts";
import {
  deadLettersAnswer,
  named,
  problemView,
  pulsesAnswer,
  replayAnswer,
  serviceDetail,
  servicesAnswer,
  summary,
} from "./answers.ts";
import { NDJSON } from "./export.ts";
import { pulsesParameters, summaryParameters } from "./query-parameters.ts";

interface Operation {
  method: "get" | "post";
  path: string;
  summary: string;
  query?: Fields;
  /** By status and then by content type; `undefined` where JSON Schema has nothing to say of it. */
  answers: Record<number, Record<string, z.ZodType | undefined>>;
}

const JSON_TYPE = "application/json";
const PROBLEM = { "application/problem+json": problemView };
const EVENTS = { "text/event-stream": undefined };
const UNCHANGED = {};
const UNREADABLE = { 400: PROBLEM, 503: PROBLEM };

const OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/services",
    summary: "Every service with its newest pulse and its health. Poll it with If-None-Match.",
    answers: { 200: { [JSON_TYPE]: servicesAnswer }, 304: UNCHANGED, ...UNREADABLE },
  },
  {
    method: "get",
    path: "/services/{service}",
    summary: "One service, with its usual period.",
    answers: { 200: { [JSON_TYPE]: serviceDetail }, 304: UNCHANGED, 404: PROBLEM, ...UNREADABLE },
  },
  {
    method: "get",
    path: "/services/{service}/pulses",
    summary: `A page of a service's pulses, newest first; with Accept: ${NDJSON} all of a span, a line each, without limit or cursor.`,
    query: pulsesParameters,
    answers: { 200: { [JSON_TYPE]: pulsesAnswer, [NDJSON]: undefined }, ...UNREADABLE },
  },
  {
    method: "get",
    path: "/services/{service}/summary",
    summary: "Counts, health, statuses and percentiles of a span, at most a second old. Poll it with If-None-Match.",
    query: summaryParameters,
    answers: { 200: { [JSON_TYPE]: summary }, 304: UNCHANGED, ...UNREADABLE },
  },
  {
    method: "get",
    path: "/services/{service}/badge.svg",
    summary: "A badge with the service's health; unknown for one that never pulsed.",
    answers: { 200: { "image/svg+xml": undefined }, 304: UNCHANGED, ...UNREADABLE },
  },
  {
    method: "get",
    path: "/services/{service}/live",
    summary:
      "Server-sent events: `service` when its newest pulse or its health changes, `pulse` for each pulse, `ready`.",
    answers: { 200: EVENTS, ...UNREADABLE },
  },
  {
    method: "get",
    path: "/live",
    summary: "Server-sent events: `pulse` for each service whose newest pulse or health changes, `gone`, `ready`.",
    answers: { 200: EVENTS, ...UNREADABLE },
  },
  {
    method: "get",
    path: "/dead-letters",
    summary: "Events that could not be delivered, by way of pulse-deadletter, which reads the query.",
    answers: { 200: { [JSON_TYPE]: deadLettersAnswer }, 404: PROBLEM, ...UNREADABLE },
  },
  {
    method: "post",
    path: "/dead-letters/{id}/replay",
    summary: "Sends one of them to the broker again; a body in JSON takes the place of its data.",
    query: { again: flag },
    answers: {
      202: { [JSON_TYPE]: replayAnswer },
      403: PROBLEM,
      404: PROBLEM,
      409: PROBLEM,
      502: PROBLEM,
      ...UNREADABLE,
    },
  },
  {
    method: "get",
    path: "/openapi.json",
    summary: "This description.",
    answers: { 200: { [JSON_TYPE]: undefined }, 304: UNCHANGED },
  },
];

const TITLES: Readonly<Record<string, string>> = {
  200: "As asked for.",
  202: "The broker has it.",
  304: "As the one that is known.",
  400: "Something in the query is wrong; each fault is listed.",
  403: "Sent by another site.",
  404: "Not known.",
  409: "Replayed already.",
  502: "The broker refused it for good.",
  503: "The store, the broker or pulse-deadletter does not answer; try again after Retry-After.",
};

/** The OpenAPI 3.1 document. */
export function describeApi(): object {
  const { schemas } = z.toJSONSchema(named, { uri: uriOf });
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "PulseMesh: pulse-query",
      version: "1",
      summary: "Every service's health, its pulses and what they come to.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutMeta(schema)])),
    },
  };
}

function describeOperation({ method, path, summary, query = {}, answers }: Operation): object {
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const queryParameters = Object.entries(query).map(([name, { expectation, schema, fallback }]) => ({
    name,
    in: "query",
    description: `Expected ${expectation}.`,
    schema: fallback === undefined ? schema : { ...schema, default: fallback },
  }));
  const responses = Object.entries(answers).map(([status, types]) => {
    const content = Object.entries(types).map(([type, schema]) => [
      type,
      schema === undefined ? {} : { schema: refTo(schema) },
    ]);
    return [
      status,
      { description: TITLES[status], ...(content.length > 0 && { content: Object.fromEntries(content) }) },
    ];
  });
  return {
    operationId: operationIdOf(method, path),
    summary,
    parameters: [...pathParameters, ...queryParameters],
    ...(method === "post" && { requestBody: { content: { [JSON_TYPE]: {} } } }),
    responses: Object.fromEntries(responses),
  };
}

function operationIdOf(method: string, path: string): string {
  return `${method}${path
    .replace(/[{}]/g, "")
    .replace(/(?:^|[^a-z]+)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}

function uriOf(id: string): string {
  return `#/components/schemas/${id}`;
}

function refTo(schema: z.ZodType): object {
  return { $ref: uriOf(named.get(schema)?.id as string) };
}

// What names a schema that stands alone has no place inside of a document.
function withoutMeta({ $schema: _, $id: __, id: ___, ...schema }: Record<string, unknown>): object {
  return schema;
}
