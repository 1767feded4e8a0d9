import { gzipSync } from "node:zlib";
import { type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { pulsesIn } from "../../testing/broker.ts";
import { broker, host } from "../../testing/ingest-and-broker.ts";
import {
  type Attributes,
  entry,
  RESPONSE,
  requestOf,
  STATUS,
  type TestResource,
  type TestSpan,
  TRACE_ID,
  toJson,
  toProtobuf,
} from "./testing/otlp-requests.ts";

const FORMS = ["protobuf", "json"] as const;
type Form = (typeof FORMS)[number];
const TYPES = { protobuf: "application/x-protobuf", json: "application/json" };

function send(form: Form, request: readonly TestResource[], headers: Record<string, string> = {}): Promise<Response> {
  return sendBytes(form, form === "json" ? toJson(request) : toProtobuf(request), headers);
}

function sendBytes(form: Form, body: string | Buffer, headers: Record<string, string> = {}, path = "/v1/traces") {
  const init = { method: "POST", headers: { "content-type": TYPES[form], ...headers }, body: body as string };
  return fetch(`${host.url}${path}`, init);
}

/** An answer as a client of that form reads it. */
async function read(form: Form, response: Response, schema: DescMessage): Promise<unknown> {
  expect(response.headers.get("content-type")).toBe(TYPES[form]);
  return form === "json" ? response.json() : fromBinary(schema, Buffer.from(await response.arrayBuffer()));
}

/** What a request of spans of one service brings. */
async function pulsesOf(spans: readonly TestSpan[], attributes?: Attributes) {
  const response = await send("protobuf", requestOf(spans, attributes));
  expect(response.status).toBe(200);
  const { partialSuccess } = (await read("protobuf", response, RESPONSE)) as {
    partialSuccess?: { rejectedSpans: bigint; errorMessage: string };
  };
  return { pulses: pulsesIn(broker.received), rejected: partialSuccess };
}

describe.each(FORMS)("spans in %s", (form) => {
  it("become pulses with all that the span says, and the answer is an empty export response", async () => {
    const span = entry({
      name: "GET /orders/{id}",
      parentSpanId: "eee19b7ec3c1b173",
      flags: 0x301,
      attributes: {
        "http.request.method": "GET",
        "http.route": "/orders/{id}",
        "http.response.status_code": 200,
        other: 1,
      },
    });
    const response = await send(
      form,
      requestOf([span], {
        "service.name": "checkout",
        "service.namespace": "shop",
        "service.version": "1.2.3",
        "service.instance.id": "a-12",
        "deployment.environment.name": "production",
      }),
    );
    expect(response.status).toBe(200);
    expect(await read(form, response, RESPONSE)).toEqual(
      form === "json" ? {} : expect.not.objectContaining({ partialSuccess: expect.anything() }),
    );
    expect(pulsesIn(broker.received)).toEqual([
      {
        service_name: "shop/checkout",
        event_time: Number((span.end as bigint) / 1_000_000n),
        latency_ms: 12.5,
        status: "ok",
        id: `${TRACE_ID}:${span.spanId}`,
        source: "/otlp",
        traceparent: `00-${TRACE_ID}-${span.spanId}-01`,
        metadata: {
          "http.route": "/orders/{id}",
          "http.request.method": "GET",
          "http.response.status_code": "200",
          "service.version": "1.2.3",
          "service.instance.id": "a-12",
          "deployment.environment.name": "production",
        },
      },
    ]);
  });

  it("of many services travel together, also in gzip", async () => {
    const request = ["cart", "checkout"].map((name) => ({
      attributes: { "service.name": name },
      spans: [entry(), entry()],
    }));
    const body = gzipSync(form === "json" ? toJson(request) : toProtobuf(request));
    expect((await sendBytes(form, body, { "content-encoding": "gzip" })).status).toBe(200);
    expect(broker.received).toHaveLength(1);
    expect(pulsesIn(broker.received).map(({ service_name }) => service_name)).toEqual([
      "cart",
      "cart",
      "checkout",
      "checkout",
    ]);
  });

  it("that break a rule are rejected one by one, with the rules, and the others go on", async () => {
    const day = 86_400_000_000_000n;
    const now = BigInt(Date.now()) * 1_000_000n;
    const spans = [
      entry({ traceId: "0".repeat(32) }),
      entry({ spanId: "" }),
      entry({ end: now - 40n * day, start: now - 40n * day }),
      entry({ end: now + day / 24n }),
      entry({ start: now - 2n * day }),
      entry({ start: 0n }),
      entry(),
    ];
    const response = await send(form, [...requestOf(spans), ...requestOf([entry()], {})]);
    expect(response.status).toBe(200);
    const { partialSuccess } = (await read(form, response, RESPONSE)) as { partialSuccess: Record<string, unknown> };
    expect(String(partialSuccess.rejectedSpans)).toBe("7");
    expect(partialSuccess.errorMessage).toBe(
      "2 spans: Expected a traceId of 16 bytes and a spanId of 8 that are not all zeros. " +
        "2 spans: Expected a time at most 5 minutes ahead and at most 30 days old (the retention). " +
        "2 spans: Expected a span of at most a day that has a start. " +
        "1 span: Expected a service's name, got none: set the resource's service.name (OTEL_SERVICE_NAME).",
    );
    expect(pulsesIn(broker.received)).toHaveLength(1);
    expect(host.lines.at(-1)).toMatchObject({ msg: "a part of a request refused", status: 200, faults: 4 });
  });

  it("of no entry are taken and bring nothing, as an empty request does", async () => {
    const response = await send(form, requestOf([entry({ kind: 3 })]));
    expect([response.status, broker.received]).toEqual([200, []]);
    expect((await sendBytes(form, form === "json" ? "{}" : Buffer.alloc(0))).status).toBe(200);
  });

  it("that cannot be decoded are refused with 400 and a Status", async () => {
    const response = await sendBytes(form, form === "json" ? '{"resourceSpans":[' : Buffer.from([10, 200, 1]));
    expect(response.status).toBe(400);
    expect(await read(form, response, STATUS)).toMatchObject({ code: 3, message: expect.stringMatching(/^Expected /) });
  });

  it("wait out a broker that is away: 503 with a short Retry-After, and a Status", async () => {
    broker.answer = () => 503;
    const response = await send(form, requestOf([entry()]));
    broker.answer = () => 202;
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await read(form, response, STATUS)).toMatchObject({
      code: 14,
      message: expect.stringContaining("the broker answered 503"),
    });
  });

  it.each(["metrics", "logs"])("are what is taken, and %s are not: 404", async (signal) => {
    const response = await sendBytes(form, form === "json" ? "{}" : Buffer.alloc(0), {}, `/v1/${signal}`);
    expect(response.status).toBe(404);
    const message = `PulseMesh takes traces (POST /v1/traces) and no ${signal}: export traces only.`;
    expect(await read(form, response, STATUS)).toMatchObject({ code: 5, message });
  });
});

describe("an entry", () => {
  const parentSpanId = "eee19b7ec3c1b173";
  it.each([
    ["a SERVER", { kind: 2 }, true],
    ["a CONSUMER", { kind: 5 }, true],
    ["a SERVER with a parent of which nothing is known", { kind: 2, parentSpanId }, true],
    ["a SERVER with a remote parent", { kind: 2, parentSpanId, flags: 0x301 }, true],
    ["a SERVER with a local parent", { kind: 2, parentSpanId, flags: 0x101 }, false],
    ["a root of kind INTERNAL", { kind: 1 }, true],
    ["a root of no kind", { kind: 0 }, true],
    ["a root whose parent is all zeros", { kind: 1, parentSpanId: "0".repeat(16) }, true],
    ["an INTERNAL with a parent", { kind: 1, parentSpanId }, false],
    ["a CLIENT", { kind: 3 }, false],
    ["a PRODUCER", { kind: 4 }, false],
    ["of a kind that nobody knows", { kind: 9 }, false],
  ])("is %s: %j → %j", async (_, fields, isEntry) => {
    const { pulses, rejected } = await pulsesOf([entry(fields)]);
    expect([pulses.length, rejected]).toEqual([isEntry ? 1 : 0, undefined]);
  });

  it.each([
    [{ attributes: { "http.response.status_code": 503 } }, "503"],
    [{ attributes: { "http.status_code": 500 }, status: { code: 2 } }, "500"],
    [{ attributes: { "http.response.status_code": 404 } }, "ok"],
    [{ attributes: { "http.response.status_code": 404 }, status: { code: 2 } }, "error"],
    [{ attributes: { "http.response.status_code": "502" } }, "502"],
    [{ attributes: { "http.response.status_code": 5000 } }, "ok"],
    [{ status: { code: 2, message: "no stock" } }, "error"],
    [{ status: { code: 1 } }, "ok"],
    [{}, "ok"],
  ])("with %j has the status %s", async (fields, status) => {
    expect((await pulsesOf([entry(fields)])).pulses).toMatchObject([{ status }]);
  });

  it.each([
    [{ "service.name": "check out/ä" }, "check-out/-"],
    [{ "service.name": "unknown_service:node" }, "unknown_service:node"],
    [{ "service.name": "-checkout" }, "checkout"],
    [{ "service.name": "c", "service.namespace": "eu west" }, "eu-west/c"],
    [{ "service.name": "x".repeat(300) }, "x".repeat(128)],
  ])("of %j is of the service %s", async (attributes, service) => {
    expect((await pulsesOf([entry()], attributes)).pulses).toMatchObject([{ service_name: service }]);
  });

  it.each(
    [{}, { "service.name": "" }, { "service.name": "–" }, { "service.name": 1, "service.namespace": "" }].slice(0, 3),
  )("of no service that can be named is rejected: %j", async (attributes) => {
    const { pulses, rejected } = await pulsesOf([entry()], attributes as Attributes);
    expect([pulses, rejected?.rejectedSpans]).toEqual([[], 1n]);
  });

  it("that ends before it began took no time, and nanoseconds are exact", async () => {
    const end = BigInt(Date.now()) * 1_000_000n;
    const { pulses } = await pulsesOf([entry({ end, start: end + 5n }), entry({ end, start: end - 1n })]);
    expect(pulses).toMatchObject([{ latency_ms: 0 }, { latency_ms: 0.000001, event_time: Number(end / 1_000_000n) }]);
  });

  it("has texts that a pulse may carry: longer ones are cut with a mark", async () => {
    const { pulses } = await pulsesOf([
      entry({ name: "🙂".repeat(2000), status: { code: 2, message: "x".repeat(1024) } }),
    ]);
    expect(pulses[0]?.metadata).toEqual({ name: `${"🙂".repeat(1023)}…`, "status.message": "x".repeat(1024) });
  });
});

describe("OTLP's door", () => {
  it("takes no other content type, and says so", async () => {
    const response = await sendBytes("json", "{}", { "content-type": "text/plain" });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({
      code: 3,
      message: expect.stringContaining("application/x-protobuf"),
    });
  });

  it("refuses what is too large, packed or not, and one more entry than a request may bring is rejected", async () => {
    expect((await sendBytes("protobuf", Buffer.alloc(5 * 1024 * 1024))).status).toBe(413);
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect((await sendBytes("protobuf", bomb, { "content-encoding": "gzip" })).status).toBe(413);
    const { pulses, rejected } = await pulsesOf(Array.from({ length: 10_001 }, () => entry()));
    expect([pulses.length, rejected?.rejectedSpans]).toEqual([10_000, 1n]);
    expect(rejected?.errorMessage).toBe("1 span: Expected at most 10000 entries in a request.");
  });

  it("reads a million empty spans in little memory", async () => {
    // resource_spans { scope_spans { spans {} … } }
    const varint = (value: number) =>
      Buffer.from([(value & 127) | 128, ((value >> 7) & 127) | 128, ((value >> 14) & 127) | 128, value >> 21]);
    const wrap = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag]), varint(content.length), content]);
    const body = wrap(0x0a, wrap(0x12, Buffer.alloc(4_000_000, Buffer.from([0x12, 0x00]))));
    const before = process.memoryUsage().rss;
    expect((await sendBytes("protobuf", body)).status).toBe(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
  });
});
