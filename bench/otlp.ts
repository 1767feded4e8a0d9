import { gzipSync } from "node:zlib";
import { type Attributes, entry, toJson, toProtobuf } from "../functions/pulse-ingest/otlp/testing/otlp-requests.ts";
import { NODE_FLAGS } from "../settings/node-flags.ts";
import { post } from "./load.ts";
import { startProgram } from "./process.ts";
import { manyRequest } from "./requests.ts";
import type { Row } from "./table.ts";
import { type Cost, measureInTurns } from "./turns.ts";

export const SPANS_A_REQUEST = 100;
const PROTOBUF = { "content-type": "application/x-protobuf" };
const JSON_TYPE = { "content-type": "application/json" };
const RESOURCE: Attributes = {
  "service.name": "checkout",
  "service.version": "1.2.3",
  "service.instance.id": "a-12",
  "deployment.environment.name": "production",
  "telemetry.sdk.language": "nodejs",
  "telemetry.sdk.name": "opentelemetry",
};

/** A hundred entries with the attributes that instrumentations of HTTP write, some 450 bytes each in protobuf. */
function spans() {
  return Array.from({ length: SPANS_A_REQUEST }, (_, i) =>
    entry({
      name: "GET /api/orders/{id}",
      parentSpanId: "eee19b7ec3c1b173",
      flags: 0x301,
      attributes: {
        "http.request.method": "GET",
        "url.path": `/api/orders/${i}`,
        "url.scheme": "https",
        "http.route": "/api/orders/{id}",
        "http.response.status_code": 200,
        "server.address": "shop.example",
        "server.port": 443,
        "network.peer.address": `10.0.0.${i}`,
        "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "network.protocol.version": "1.1",
      },
    }),
  );
}

/** The same spans as a reporter of Zipkin writes them. */
function zipkinSpans() {
  const timestamp = Date.now() * 1000;
  return spans().map(({ traceId, spanId, parentSpanId, name, attributes = {} }) => ({
    traceId,
    id: spanId,
    parentId: parentSpanId,
    kind: "SERVER",
    name,
    timestamp,
    duration: 12_500,
    localEndpoint: { serviceName: "checkout", ipv4: "10.0.0.1" },
    remoteEndpoint: { ipv4: "10.0.0.2", port: 58_648 },
    tags: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)])),
  }));
}

/** The requests with a hundred entries each, by the form that they are in. */
export function spanRequests() {
  const request = [{ attributes: RESOURCE, spans: spans() }];
  const protobuf = toProtobuf(request);
  const path = "/v1/traces";
  return {
    protobuf: post(path, PROTOBUF, protobuf),
    gzip: post(path, { ...PROTOBUF, "content-encoding": "gzip" }, gzipSync(protobuf)),
    json: post(path, JSON_TYPE, toJson(request)),
    zipkin: post("/api/v2/spans", JSON_TYPE, JSON.stringify(zipkinSpans())),
  };
}

/** pulse-ingest with a broker that answers at once: spans of OpenTelemetry and Zipkin, a hundred entries a request. */
export async function benchOtlp(seconds: number): Promise<Row[]> {
  const broker = await startProgram(["bench/null-broker.ts"], {});
  const ingest = await startProgram([...NODE_FLAGS["pulse-ingest"], "functions/main.ts"], {
    PULSE_FUNCTION: "pulse-ingest",
    K_SINK: `http://localhost:${broker.port}/default/pulsemesh`,
  });
  const requests = spanRequests();
  const load = (request: Buffer) => ({ server: ingest, next: () => request, connections: 8, parts: SPANS_A_REQUEST });
  const costs = await measureInTurns(
    {
      plain: load(manyRequest(SPANS_A_REQUEST)),
      protobuf: load(requests.protobuf),
      gzip: load(requests.gzip),
      json: load(requests.json),
      zipkin: load(requests.zipkin),
    },
    seconds,
  ).finally(() => Promise.all([broker.stop(), ingest.stop()]));
  const figure = ({ cpu, perSecond }: Cost) => `${cpu.toFixed(1)} µs, ${Math.round(perSecond).toLocaleString("en")}/s`;
  const most = (cost: Cost, maxMicros: number) => ({ goal: `≤ ${maxMicros} µs`, isMet: cost.cpu <= maxMicros });
  const packed = costs.gzip.cpu / costs.protobuf.cpu;
  return [
    { what: `${SPANS_A_REQUEST} plain pulses a request, a pulse`, figure: figure(costs.plain) },
    { what: "OTLP in protobuf, a span", figure: figure(costs.protobuf), ...most(costs.protobuf, 6) },
    {
      what: "OTLP in protobuf and gzip, a span",
      figure: figure(costs.gzip),
      beside: `${packed.toFixed(2)} × plain`,
      goal: "≤ 1.25 ×",
      isMet: packed <= 1.25,
    },
    { what: "OTLP in JSON, a span", figure: figure(costs.json), ...most(costs.json, 12) },
    { what: "Zipkin in JSON, a span", figure: figure(costs.zipkin) },
  ];
}
