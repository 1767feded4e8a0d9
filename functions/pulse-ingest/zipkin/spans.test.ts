import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { pulsesIn } from "../../testing/broker.ts";
import { broker, host } from "../../testing/ingest-and-broker.ts";

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const bytes = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body: bytes as string };
  return fetch(`${host.url}/api/v2/spans`, init);
}

const now = Date.now();
/** The example of Zipkin's API, with a time that is not years ago. */
const span = (fields: object = {}) => ({
  id: "352bff9a74ca9ad2",
  traceId: "5af7183fb1d4cf5f",
  parentId: "6b221d5bc9e6496c",
  name: "get /api",
  timestamp: now * 1000 - 1431,
  duration: 1431,
  kind: "SERVER",
  localEndpoint: { serviceName: "backend", ipv4: "192.168.99.1", port: 3306 },
  remoteEndpoint: { ipv4: "172.19.0.2", port: 58648 },
  tags: { "http.method": "GET", "http.path": "/api" },
  ...fields,
});
async function pulsesOf(...spans: object[]) {
  const response = await post(spans);
  expect([response.status, await response.text()]).toEqual([202, ""]);
  return pulsesIn(broker.received);
}

describe("Zipkin's spans", () => {
  it("become pulses with all that the span says, also in gzip", async () => {
    expect((await post(gzipSync(JSON.stringify([span()])), { "content-encoding": "gzip" })).status).toBe(202);
    expect(pulsesIn(broker.received)).toEqual([
      {
        service_name: "backend",
        event_time: now,
        latency_ms: 1.431,
        status: "ok",
        id: "5af7183fb1d4cf5f:352bff9a74ca9ad2:SERVER",
        source: "/zipkin",
        metadata: { name: "get /api", "http.request.method": "GET" },
      },
    ]);
  });

  it.each([
    [{ kind: "CONSUMER" }, 1],
    [{ kind: "CLIENT" }, 0],
    [{ kind: "PRODUCER" }, 0],
    [{ kind: undefined, parentId: undefined }, 1],
    [{ kind: undefined }, 0],
    [{ duration: undefined }, 0],
    [{ kind: undefined, parentId: "0".repeat(16) }, 1],
    [{ kind: undefined, parentId: "352bff9a74ca9ad2" }, 1],
    [{ kind: undefined, parentId: "no hex" }, 0],
    [{ traceId: "463ac35c9f6413ad48485a3953bb6124" }, 1],
  ])("with %j are %i entries", async (fields, count) => {
    expect(await pulsesOf(span(fields))).toHaveLength(count);
  });

  it.each([
    ["463AC35C9F6413AD48485A3953BB6124", "352BFF9A74CA9AD2", "463ac35c9f6413ad48485a3953bb6124:352bff9a74ca9ad2"],
    ["1463ac35c9f6413ad", "2", "0000000000000001463ac35c9f6413ad:0000000000000002"],
    ["463ac35c9f6413ad", "52bff9a74ca9ad2", "463ac35c9f6413ad:052bff9a74ca9ad2"],
    ["7", "2bff9a74ca9ad2", "0000000000000007:002bff9a74ca9ad2"],
    // Padded or not, it is the same trace.
    ["0000000000000000463ac35c9f6413ad", "352bff9a74ca9ad2", "463ac35c9f6413ad:352bff9a74ca9ad2"],
  ])("of the trace %s with the id %s are %s", async (traceId, id, expected) => {
    expect(await pulsesOf(span({ traceId, id }))).toMatchObject([{ id: `${expected}:SERVER` }]);
  });

  it("of ids that tell nothing apart, or are none, are left out", async () => {
    const wrong = [
      { traceId: "0".repeat(16) },
      { id: "0" },
      { id: "1".repeat(17) },
      { traceId: "1".repeat(33) },
      { id: "" },
    ];
    expect(await pulsesOf(...wrong.map(span))).toEqual([]);
    const rule = `Expected a traceId of 1 to 32 hex digits and an id of 1 to 16 that are not all zeros, got ${wrong.length} other spans`;
    expect(host.lines.at(-1)).toMatchObject({ status: 202, rules: [rule] });
  });

  it.each([
    [{ error: "" }, "error"],
    [{ error: "timed out", "http.status_code": "500" }, "500"],
    [{ error: "404", "http.status_code": "404" }, "ok"],
    [{ "http.status_code": "503" }, "503"],
    [{}, "ok"],
  ])("with the tags %j have the status %s", async (tags, status) => {
    expect(await pulsesOf(span({ tags }))).toMatchObject([{ status }]);
  });

  it.each([
    [{ "http.status_code": "200", response_flags: "-" }, "ok"],
    [{ "http.status_code": "503", response_flags: "UF", error: "true" }, "503"],
    // The client went away before an answer.
    [{ "http.status_code": "0", response_flags: "DC", error: "true" }, "error"],
  ])("as Envoy writes them, with %j, have the status %s", async (ending, status) => {
    const written = {
      id: "4bf6c1d0a95e2837",
      traceId: "4bf6c1d0a95e2837",
      name: "shop.example",
      timestamp: now * 1000 - 2500,
      duration: 2500,
      kind: "SERVER",
      localEndpoint: { serviceName: "ingress-gateway.istio-system", ipv4: "10.4.0.7", port: 8080 },
      tags: {
        node_id: "router~10.4.0.7~gateway-7d9.istio-system~istio-system.svc.cluster.local",
        "guid:x-request-id": "0f6cbb48-0e4c-9c58-8f0a-3a5c6f3f5d11",
        "http.url": "https://shop.example/orders/7",
        "http.method": "GET",
        downstream_cluster: "-",
        user_agent: "curl/8.5.0",
        "http.protocol": "HTTP/2",
        "peer.address": "10.4.0.1",
        request_size: "0",
        response_size: "24",
        component: "proxy",
        upstream_cluster: "outbound|80||shop.default.svc.cluster.local",
        "upstream_cluster.name": "outbound|80||shop.default.svc.cluster.local",
        ...ending,
      },
    };
    const client = { ...written, id: "a01c6e1f7a4d0b3c", parentId: written.id, kind: "CLIENT" };
    expect(await pulsesOf(written, client)).toEqual([
      {
        service_name: "ingress-gateway.istio-system",
        event_time: now,
        latency_ms: 2.5,
        status,
        id: "4bf6c1d0a95e2837:4bf6c1d0a95e2837:SERVER",
        source: "/zipkin",
        metadata: {
          name: "shop.example",
          "http.request.method": "GET",
          "http.response.status_code": ending["http.status_code"],
          ...("error" in ending && { error: ending.error }),
        },
      },
    ]);
  });

  it.each([
    [{ outcome: "SUCCESS", status: "200" }, "ok"],
    [{ outcome: "CLIENT_ERROR", status: "404" }, "ok"],
    [{ outcome: "SERVER_ERROR", status: "503" }, "503"],
    [{ outcome: "SERVER_ERROR", status: "500", error: "no stock" }, "500"],
  ])("as Spring Boot writes them, with %j, have the status %s", async (ending, status) => {
    const tags = { exception: "none", "http.url": "/orders/7", method: "GET", uri: "/orders/{id}", ...ending };
    const metadata = {
      "http.route": "/orders/{id}",
      "http.request.method": "GET",
      "http.response.status_code": ending.status,
      ...("error" in ending && { error: ending.error }),
    };
    expect(await pulsesOf(span({ tags }))).toMatchObject([{ status, metadata }]);
  });

  it("with a status that is none of HTTP keep their name", async () => {
    const metadata = { name: "get /api" };
    expect(await pulsesOf(span({ tags: { status: "503", uri: "x" } }))).toMatchObject([{ status: "ok", metadata }]);
  });

  it("of client and server that share an id are told apart by their kind, and a root of no kind has none", async () => {
    const root = span({ kind: undefined, parentId: undefined });
    const ids = (await pulsesOf(span({ shared: true }), root)).map(({ id }) => id);
    expect(ids).toEqual(["5af7183fb1d4cf5f:352bff9a74ca9ad2:SERVER", "5af7183fb1d4cf5f:352bff9a74ca9ad2"]);
  });

  it("that break a rule are left out and named in the log, and the others go on", async () => {
    const pulses = await pulsesOf(
      span({ traceId: "x" }),
      span({ localEndpoint: {} }),
      span({ timestamp: undefined }),
      span({ timestamp: 1000 }),
      span(),
    );
    expect(pulses).toHaveLength(1);
    expect(host.lines.at(-1)).toMatchObject({ msg: "a part of a request refused", status: 202, faults: 4 });
  });

  it("are refused where they are none", async () => {
    expect((await post("{")).status).toBe(400);
    expect((await post("{}")).status).toBe(400);
    const thrift = await post("x", { "content-type": "application/x-thrift" });
    expect([thrift.status, await thrift.text()]).toEqual([415, expect.stringContaining("encoding to JSON")]);
  });
});
