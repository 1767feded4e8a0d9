// The description of the API, made from the schemas in answers.ts and the operations in operations.ts.
import * as z from "zod";
import { SERVICE_NAME_FORM, SERVICE_NAME_RULE } from "../../events/pulse.ts";
import { TOKEN_COOKIE } from "../tokens/credential.ts";
import { named } from "./answers.ts";
import { JSON_TYPE, OPERATIONS, type Operation, PROBLEM } from "./operations.ts";

const STATUSES: Readonly<Record<string, string>> = {
  200: "The answer.",
  202: "The broker has accepted it; or the service is being removed.",
  204: "Done.",
  304: "Nothing has changed since the answer with this tag.",
  400: "The query or the data has faults, and each is listed.",
  401: "Expected a known token.",
  403: "The token is for other services or may only read; or PULSE_ADMIN_TOKENS_FILE is not set, and nobody may change anything; or another site made the browser send this, or a proxy hides the page's host.",
  404: "It does not exist.",
  409: "It has been replayed already.",
  415: "The body does not say that it is JSON.",
  422: "The broker refuses it for good.",
  503: "The store, the broker or pulse-deadletter does not answer. Try again after Retry-After.",
};

/** The OpenAPI 3.1 document. */
export function describeApi(): object {
  const { schemas } = z.toJSONSchema(named, {
    uri: uriOf,
    // By itself zod takes of this registry the ids only.
    override({ zodSchema, jsonSchema }) {
      const { description } = named.get(zodSchema) ?? {};
      if (description !== undefined) jsonSchema.description = description;
    },
  });
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method ?? "get"]: describeOperation(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "PulseMesh: pulse-query",
      version: "1",
      summary: "The health, pulses and summary of each service.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token of PULSE_READ_TOKENS_FILE or PULSE_ADMIN_TOKENS_FILE.",
        },
        adminToken: {
          type: "http",
          scheme: "bearer",
          description:
            "A token of PULSE_ADMIN_TOKENS_FILE. Without that file nobody may (403), except on a laptop, where nobody needs one.",
        },
        signIn: { type: "apiKey", in: "cookie", name: TOKEN_COOKIE, description: "The cookie of the page's sign-in." },
      },
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutMeta(schema)])),
    },
  };
}

const SERVICE_NAME = { type: "string", description: `${SERVICE_NAME_RULE}.`, pattern: SERVICE_NAME_FORM.source };
// {}: without files of tokens nobody needs one, except to change something away from a laptop.
const TO_READ = [{}, { token: [] }, { signIn: [] }];
const TO_CHANGE = [{}, { adminToken: [] }, { signIn: [] }];

function describeOperation(operation: Operation): object {
  const { method = "get", path, summary, query = {}, headers = {}, body, isOpen, answers } = operation;
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: name === "service" ? SERVICE_NAME : { type: "string" },
  }));
  const queryParameters = Object.entries(query).map(([name, { expectation, schema, fallback }]) => ({
    name,
    in: "query",
    description: `Expected ${expectation}.`,
    schema: fallback === undefined ? schema : { ...schema, default: fallback },
  }));
  const headerParameters = Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
  const all = isOpen ? answers : { ...answers, 401: PROBLEM, 403: PROBLEM };
  const responses = Object.entries(all).map(([status, types]) => {
    const content = Object.entries(types).map(([type, schema]) => [
      type,
      schema === undefined ? {} : { schema: refTo(schema) },
    ]);
    return [
      status,
      { description: STATUSES[status], ...(content.length > 0 && { content: Object.fromEntries(content) }) },
    ];
  });
  return {
    operationId: operationIdOf(method, path),
    summary,
    security: isOpen ? [] : method === "get" ? TO_READ : TO_CHANGE,
    parameters: [...pathParameters, ...queryParameters, ...headerParameters],
    ...(body !== undefined && {
      requestBody: { required: body.isRequired, content: { [JSON_TYPE]: { schema: refTo(body.schema) } } },
    }),
    responses: Object.fromEntries(responses),
  };
}

/** In camel case, such as `getServicesServicePulses`. */
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

// Inside a document a schema must not name itself.
function withoutMeta({ $schema: _, $id: __, id: ___, ...schema }: Record<string, unknown>): object {
  return schema;
}
