import { describe, expect, it } from "vitest";
import { pulsesIn } from "../../testing/broker.ts";
import { broker } from "../../testing/ingest-and-broker.ts";
import { pulsesOf, read, sendBytes } from "./testing/exchange.ts";
import { type Attributes, entry, RESPONSE, requestOf, toJson } from "./testing/otlp-requests.ts";

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

  it.each(['"kind":"SERVER"', '"kind":"2"', '"kind":3,"status":{"code":"ERROR"}'])(
    "and every other span, is rejected with %s, which may hide what it is",
    async (fields) => {
      const request = toJson(requestOf([entry({ kind: 9 }), entry()])).replace('"kind":9', fields);
      const answer = await read("json", await sendBytes("json", request), RESPONSE);
      const rule =
        "Expected kind and status.code as numbers, or as names such as SPAN_KIND_SERVER and STATUS_CODE_ERROR";
      expect(answer).toEqual({ partialSuccess: { rejectedSpans: "1", errorMessage: `1 span: ${rule}.` } });
      expect(pulsesIn(broker.received)).toHaveLength(1);
    },
  );

  it.each([
    [{ attributes: { "http.response.status_code": 503 } }, "503"],
    [{ attributes: { "http.status_code": 500 }, status: { code: 2 } }, "500"],
    [{ attributes: { "http.response.status_code": 404 } }, "ok"],
    [{ attributes: { "http.response.status_code": 404 }, status: { code: 2 } }, "error"],
    [{ attributes: { "http.response.status_code": "502" } }, "502"],
    [{ attributes: { "http.response.status_code": 5000 } }, "ok"],
    [{ status: { code: 2, message: "no stock" } }, "error"],
    [{ status: { code: 1 } }, "ok"],
    [{ attributes: { outcome: "SERVER_ERROR", status: "503" } }, "503"],
    [{ attributes: { outcome: "CLIENT_ERROR", status: "404" } }, "ok"],
    [{ attributes: { status: "503" } }, "ok"],
    [{ attributes: { outcome: "UNKNOWN", status: "UNKNOWN" } }, "ok"],
    [{}, "ok"],
  ])("with %j has the status %s", async (fields, status) => {
    expect((await pulsesOf([entry(fields)])).pulses).toMatchObject([{ status }]);
  });

  it("of Spring Boot has the route, method and code that Micrometer names otherwise", async () => {
    const attributes = { exception: "none", method: "GET", outcome: "SUCCESS", status: "200", uri: "/orders/{id}" };
    // What the first span says is not said of the second.
    const { pulses } = await pulsesOf([entry({ attributes }), entry({ attributes: { status: "503" } })]);
    expect(pulses.map(({ metadata }) => metadata)).toEqual([
      { "http.route": "/orders/{id}", "http.request.method": "GET", "http.response.status_code": "200" },
      { name: "GET /" },
    ]);
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
