// What the official exporters of OpenTelemetry send arrives, is stored once, and is read back field by field.
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Platform, startPlatform, until } from "../platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.dispose());

interface ReadPulse {
  id: string;
  latency_ms: number;
  metadata: Record<string, string>;
}

async function pulsesOf(service: string): Promise<ReadPulse[]> {
  const response = await fetch(`${platform.query}/services/${encodeURIComponent(service)}/pulses`);
  return ((await response.json()) as { pulses: ReadPulse[] }).pulses;
}

const REMOTE: Context = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
});

/** Lets a service of that name do some work, and hands its spans to the exporter. */
async function work(service: string, exporter: SpanExporter) {
  const memory = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.version": "1.2.3" }),
    spanProcessors: [new BatchSpanProcessor({ exporter }), new SimpleSpanProcessor({ exporter: memory })],
  });
  const tracer = provider.getTracer("test");
  const attributes = { "http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": 200 };
  const server = tracer.startSpan("GET /orders/{id}", { kind: SpanKind.SERVER, attributes }, REMOTE);
  const inside = trace.setSpan(REMOTE, server);
  tracer.startSpan("SELECT", { kind: SpanKind.CLIENT, attributes: { "db.rows": Number.NaN } }, inside).end();
  tracer.startSpan("GET /nested", { kind: SpanKind.SERVER }, inside).end();
  server.end();
  const job = tracer.startSpan("nightly");
  job.setStatus({ code: SpanStatusCode.ERROR, message: "no space left" });
  job.end();
  await provider.forceFlush();
  const spans = memory.getFinishedSpans();
  await provider.shutdown();
  return spans;
}

describe.each([
  ["in protobuf, in gzip", "protobuf", ProtobufExporter],
  ["in JSON", "json", JsonExporter],
] as const)("the exporter of JavaScript %s", (_, form, Exporter) => {
  it("sends entries, and each is a pulse once", async () => {
    const service = `otel-${form}`;
    const options = { url: `${platform.otlp}/v1/traces`, ...(form === "protobuf" && { compression: "gzip" as const }) };
    const spans = await work(service, new Exporter(options as ConstructorParameters<typeof Exporter>[0]));
    await vi.waitFor(async () => expect(await pulsesOf(service)).toHaveLength(2));
    const pulses = new Map(
      (await pulsesOf(service)).map((pulse) => [pulse.metadata.name ?? pulse.metadata["http.route"], pulse]),
    );
    for (const [name, expected] of [
      [
        "/orders/{id}",
        {
          status: "ok",
          health: "up",
          metadata: {
            "http.route": "/orders/{id}",
            "http.request.method": "GET",
            "http.response.status_code": "200",
            "service.version": "1.2.3",
          },
        },
      ],
      [
        "nightly",
        {
          status: "error",
          health: "down",
          metadata: { name: "nightly", "status.message": "no space left", "service.version": "1.2.3" },
        },
      ],
    ] as const) {
      const span = spans.find((one) => one.name.endsWith(name));
      const { traceId, spanId } = span?.spanContext() ?? {};
      const [seconds = 0, nanos = 0] = span?.endTime ?? [];
      const [tookSeconds = 0, tookNanos = 0] = span?.duration ?? [];
      const { latency_ms, ...pulse } = pulses.get(name) as ReadPulse;
      expect(pulse).toEqual({
        service_name: service,
        source: "/otlp",
        id: `${traceId}:${spanId}`,
        traceparent: `00-${traceId}-${spanId}-01`,
        event_time: new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString(),
        ...expected,
      });
      expect(latency_ms).toBeCloseTo(tookSeconds * 1000 + tookNanos / 1e6, 3);
    }
    // A resend, as after an answer that was lost.
    const again = new Exporter(options as ConstructorParameters<typeof Exporter>[0]);
    const sent = await new Promise((resolve) => again.export([...spans], resolve));
    expect(sent).toEqual({ code: 0 });
    await again.shutdown();
    // What came later is stored: so was what came before.
    await work(`${service}-later`, new Exporter(options as ConstructorParameters<typeof Exporter>[0]));
    await vi.waitFor(async () => expect(await pulsesOf(`${service}-later`)).toHaveLength(2));
    expect(await pulsesOf(service)).toHaveLength(2);
  });
});

it("what the exporter of JavaScript sends while the broker is killed and starts again is stored once", async () => {
  const service = "otel-killed";
  const spans = await work(service, new InMemorySpanExporter());
  const exporter = new ProtobufExporter({ url: `${platform.otlp}/v1/traces` });
  const killing = platform.kill("broker");
  // It gives up after ten seconds, in which a busy machine may not have started the broker.
  await until("the spans to be taken", async () => {
    const { code } = await new Promise<{ code: number }>((resolve) => exporter.export([...spans], resolve));
    return code === 0;
  });
  await killing;
  await exporter.shutdown();
  await vi.waitFor(async () => expect(await pulsesOf(service)).toHaveLength(2));
  const entries = spans.filter(({ name }) => ["GET /orders/{id}", "nightly"].includes(name));
  const ids = entries.map((span) => `${span.spanContext().traceId}:${span.spanContext().spanId}`);
  expect((await pulsesOf(service)).map(({ id }) => id).sort()).toEqual(ids.sort());
});
