// The processes' own spans, as a backend of OpenTelemetry gets them.
import { describe, expect, it, vi } from "vitest";
import { entry, requestOf, toProtobuf } from "../functions/pulse-ingest/otlp/testing/otlp-requests.ts";
import { metricOf, openIngest, post, pulse } from "../functions/testing/ingest-function.ts";
import { startFunction } from "./function-process.ts";
import { type OtlpReceiver, openOtlpReceiver } from "./otlp-receiver.ts";
import { startPlatform } from "./platform.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;

/** pulse-ingest whose spans go to a receiver once it stops. */
async function openTraced(env: Record<string, string> = {}) {
  const receiver = await openOtlpReceiver();
  const { broker, host } = await openIngest({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, ...env });
  const stop = async () => {
    await host.stop();
    return receiver.spans;
  };
  return { broker, host, receiver, stop };
}

describe("own traces", () => {
  it("follow a pulse from its request over the event to the store", async () => {
    const receiver = await openOtlpReceiver();
    const platform = await startPlatform({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
    try {
      const headers = { "content-type": "application/json", traceparent: TRACEPARENT };
      const body = JSON.stringify(pulse("1"));
      expect((await fetch(`${platform.ingest}/pulse`, { method: "POST", headers, body })).status).toBe(202);
      await vi.waitFor(async () => {
        const answer = await fetch(`${platform.query}/services/checkout`);
        expect(answer.status).toBe(200);
      });
    } finally {
      await platform.stop(); // sends what is left
    }
    const steps = receiver.spans.filter(({ traceId }) => traceId === TRACE);
    const byName = new Map(steps.map((span) => [`${span.service} ${span.name}`, span]));
    const request = byName.get("pulse-ingest POST /pulse");
    const event = byName.get("pulse-ingest CloudEvents Create dev.pulsemesh.pulse.v1");
    const entered = byName.get("broker POST /default/pulsemesh");
    const delivery = byName.get("broker deliver persist");
    const stored = byName.get("pulse-persist POST /");
    expect(steps).toHaveLength(5);
    expect(request).toMatchObject({
      kind: SERVER,
      parentSpanId: PARENT,
      statusCode: 0,
      attributes: { "http.route": "/pulse", "http.response.status_code": 202n },
    });
    expect(event).toMatchObject({
      kind: PRODUCER,
      parentSpanId: request?.spanId,
      links: [],
      attributes: { "cloudevents.event_id": "1", "messaging.batch.message_count": 1n },
    });
    expect(entered).toMatchObject({ kind: SERVER, parentSpanId: event?.spanId });
    expect(delivery).toMatchObject({ kind: CLIENT, parentSpanId: event?.spanId });
    expect(stored).toMatchObject({
      kind: SERVER,
      parentSpanId: delivery?.spanId,
      attributes: { "cloudevents.event_id": "1", "http.response.status_code": 204n },
    });
    // Questions of the page's API begin a trace each; health and metrics none.
    const others = receiver.spans.filter(({ traceId }) => traceId !== TRACE);
    expect(new Set(others.map(({ service, name }) => `${service} ${name}`))).toEqual(
      new Set(["pulse-query GET /services/{service}"]),
    );
  });

  it("link an event with pulses of several requests to each of them, and each to the event", async () => {
    // One event at a time: the pulses of the others wait for it, together.
    const { broker, host, stop } = await openTraced({ PULSE_EMIT_MAX_IN_FLIGHT: "1" });
    broker.answer = () => "hang";
    const first = post(host, pulse("a"));
    await vi.waitFor(() => expect(broker.received).toHaveLength(1));
    const others = [post(host, pulse("b")), post(host, pulse("c"))];
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(2));
    broker.answer = () => 202;
    broker.release(202);
    for (const answer of await Promise.all([first, ...others])) expect(answer.status).toBe(202);
    const spans = await stop();
    const requests = spans.filter(({ name }) => name === "POST /pulse");
    const events = spans.filter(({ name }) => name.startsWith("CloudEvents Create"));
    expect(requests).toHaveLength(3);
    const shared = events.find(({ attributes }) => attributes["messaging.batch.message_count"] === 2n);
    expect(shared?.links).toHaveLength(1);
    const [parent, linked] = [shared?.parentSpanId, shared?.links[0]?.spanId].map((id) =>
      requests.find(({ spanId }) => spanId === id),
    );
    expect(parent?.traceId).toBe(shared?.traceId);
    expect(linked?.traceId).not.toBe(shared?.traceId);
    expect(linked?.links).toEqual([{ traceId: shared?.traceId, spanId: shared?.spanId }]);
    // The event carries its span, and the hop's header says the same.
    const carried = broker.received.find(({ headers }) => headers["ce-traceparent"]?.includes(shared?.spanId ?? "?"));
    expect(carried?.headers.traceparent).toBe(`00-${shared?.traceId}-${shared?.spanId}-01`);
  });

  it("say where a request failed", async () => {
    const { broker, host, stop } = await openTraced({ PULSE_EMIT_DEADLINE_MS: "100" });
    broker.answer = () => 503;
    expect((await post(host, pulse("a"))).status).toBe(503);
    expect(await stop()).toMatchObject([
      { name: "CloudEvents Create dev.pulsemesh.pulse.v1", statusCode: 2 },
      { name: "POST /pulse", statusCode: 2, attributes: { "error.type": "503" } },
    ]);
  });

  it("name no token of a path", async () => {
    const { host, stop } = await openTraced();
    await fetch(`${host.url}/ping/s3cret-token/backup`);
    const spans = await stop();
    expect(spans.map(({ name }) => name)).toContain("GET /ping/{token}/{service}");
    expect(JSON.stringify(spans, (_, value) => (typeof value === "bigint" ? String(value) : value))).not.toContain(
      "s3cret",
    );
  });

  it("have none of requests that bring spans, nor of what follows from these", async () => {
    const { broker, host, stop } = await openTraced();
    const headers = { "content-type": "application/x-protobuf", traceparent: TRACEPARENT };
    const body = toProtobuf(requestOf([entry()]));
    const answer = await fetch(`${host.url}/v1/traces`, { method: "POST", headers, body: new Uint8Array(body) });
    expect(answer.status).toBe(200);
    expect(broker.received).toHaveLength(1);
    // What the broker and pulse-persist go by: the trace is not taken.
    expect(broker.received[0]?.headers["ce-traceparent"]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(await stop()).toEqual([]);
  });

  it.each<[string, { OTEL_TRACES_SAMPLER_ARG?: string }, number]>([
    ["always_off", {}, 0],
    ["parentbased_always_off", {}, 0],
    ["traceidratio", { OTEL_TRACES_SAMPLER_ARG: "0" }, 0],
    ["parentbased_traceidratio", { OTEL_TRACES_SAMPLER_ARG: "1" }, 2],
    ["traceidratio", { OTEL_TRACES_SAMPLER_ARG: "many" }, 2],
    ["xray", {}, 2],
  ])("are sampled by %s with %o", async (sampler, env, count) => {
    const { host, stop } = await openTraced({ OTEL_TRACES_SAMPLER: sampler, ...env });
    expect((await post(host, pulse("a"))).status).toBe(202);
    expect(await stop()).toHaveLength(count);
    const warnings = host.lines.filter(({ msg }) => String(msg).includes("Expected"));
    expect(warnings).toHaveLength(sampler === "xray" || env.OTEL_TRACES_SAMPLER_ARG === "many" ? 1 : 0);
  });

  it.each([{ OTEL_TRACES_EXPORTER: "none" }, { OTEL_SDK_DISABLED: "true" }])("are off with %o", async (env) => {
    const { broker, host, stop } = await openTraced(env);
    expect((await post(host, pulse("a"))).status).toBe(202);
    expect(broker.received[0]?.headers).not.toHaveProperty("ce-traceparent");
    expect(await stop()).toEqual([]);
  });

  it("are sent with the headers, and under the name, that the variables give", async () => {
    const { host, receiver, stop } = await openTraced({
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc,x-team=shop",
      OTEL_SERVICE_NAME: "entrance",
    });
    await post(host, pulse("a"));
    const spans = await stop();
    expect(receiver.headers[0]).toMatchObject({ authorization: "Bearer abc", "x-team": "shop" });
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(["entrance"]));
  });

  it("that nobody takes are lost with one line of the log, and pulses go on", async () => {
    const receiver: OtlpReceiver = await openOtlpReceiver();
    receiver.status = 400;
    const { host } = await openIngest({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
    expect((await post(host, pulse("a"))).status).toBe(202);
    expect(await host.stop()).toBe(0);
    expect(receiver.headers).toHaveLength(1);
    expect(host.lines.filter(({ msg }) => String(msg).startsWith("own spans are not taken"))).toHaveLength(1);
  });
});

const TELL_LOADED = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({
    load(url, context, next) {
      if (url.includes("@opentelemetry/sdk-trace")) console.log("loads", url);
      return next(url, context);
    },
  });
`)}`;

it.each([
  ["no SDK of OpenTelemetry without an endpoint", {}, false],
  ["it with an endpoint", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }, true],
])("a function loads %s", async (_, env, isLoaded) => {
  const program = ["--import", TELL_LOADED, "functions/main.ts"];
  const fn = await startFunction("pulse-ingest", { program, env: { K_SINK: "http://127.0.0.1:9/", ...env } });
  await fn.stop();
  expect(fn.lines.some((line) => line.startsWith("loads"))).toBe(isLoaded);
});
