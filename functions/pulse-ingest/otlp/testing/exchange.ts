// For tests: requests of spans to pulse-ingest, and its answers as a client of that form reads them.
import { type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { pulsesIn } from "../../../testing/broker.ts";
import { broker, host } from "../../../testing/ingest-and-broker.ts";
import {
  type Attributes,
  RESPONSE,
  requestOf,
  type TestResource,
  type TestSpan,
  toJson,
  toProtobuf,
} from "./otlp-requests.ts";

export const FORMS = ["protobuf", "json"] as const;
export type Form = (typeof FORMS)[number];
const TYPES = { protobuf: "application/x-protobuf", json: "application/json" };

export function send(
  form: Form,
  request: readonly TestResource[],
  headers: Record<string, string> = {},
): Promise<Response> {
  return sendBytes(form, form === "json" ? toJson(request) : toProtobuf(request), headers);
}

export function sendBytes(
  form: Form,
  body: string | Buffer,
  headers: Record<string, string> = {},
  path = "/v1/traces",
) {
  const init = { method: "POST", headers: { "content-type": TYPES[form], ...headers }, body: body as string };
  return fetch(`${host.url}${path}`, init);
}

/** An answer as a client of that form reads it. */
export async function read(form: Form, response: Response, schema: DescMessage): Promise<unknown> {
  expect(response.headers.get("content-type")).toBe(TYPES[form]);
  return form === "json" ? response.json() : fromBinary(schema, Buffer.from(await response.arrayBuffer()));
}

/** What a request of spans of one service brings. */
export async function pulsesOf(spans: readonly TestSpan[], attributes?: Attributes) {
  const response = await send("protobuf", requestOf(spans, attributes));
  expect(response.status).toBe(200);
  const { partialSuccess } = (await read("protobuf", response, RESPONSE)) as {
    partialSuccess?: { rejectedSpans: bigint; errorMessage: string };
  };
  return { pulses: pulsesIn(broker.received), rejected: partialSuccess };
}
