import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { pulsesIn } from "../../testing/broker.ts";
import { broker, host } from "../../testing/ingest-and-broker.ts";
import { FORMS, read, send, sendBytes } from "./testing/exchange.ts";
import { entry, RESPONSE, requestOf, STATUS, TRACE_ID, toJson, toProtobuf } from "./testing/otlp-requests.ts";

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
