// What many pulses of a request share stands in its body once, and in every event again.
import { expect, it } from "vitest";
import { pulsesIn } from "../testing/broker.ts";
import { metricOf, openIngest } from "../testing/ingest-function.ts";
import { entry, requestOf, toJson } from "./otlp/testing/otlp-requests.ts";

const BOUND = 524_288;
const SETTINGS = { PULSE_MAX_BODY_BYTES: String(BOUND / 4), PULSE_BUFFER_MAX_BYTES: String(BOUND) };
const PULSES = 300;

async function send(path: string, body: string, type = "application/json") {
  const { broker, host } = await openIngest(SETTINGS);
  expect(Buffer.byteLength(body)).toBeLessThan(BOUND / 4);
  const response = await fetch(`${host.url}${path}`, { method: "POST", headers: { "content-type": type }, body });
  const refusals = await metricOf(host, 'pulsemesh_pulses_rejected_total{reason="too-large"}');
  return { status: response.status, answer: await response.json(), received: broker.received, refusals };
}

function spansOf(text: string): string {
  const attributes = { "service.name": "s".repeat(128), "service.version": text, "service.instance.id": text };
  const spans = Array.from({ length: PULSES }, () => entry({ name: "" }));
  return toJson(requestOf(spans, { ...attributes, "deployment.environment.name": text }));
}

it("spans of a resource with long texts are taken, and their events have these shortened", async () => {
  const { status, answer, received } = await send("/v1/traces", spansOf("x".repeat(1024)));
  expect([status, answer]).toEqual([200, {}]);
  expect(received.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)).toBeLessThan(BOUND);
  const pulses = pulsesIn(received);
  expect(pulses).toHaveLength(PULSES);
  expect(pulses[0]).toMatchObject({ metadata: { "service.instance.id": `${"x".repeat(255)}…` } });
});

it("spans that would still be many times larger as events are refused: 413, in OTLP's words", async () => {
  const { status, answer, received, refusals } = await send("/v1/traces", spansOf("🙂".repeat(256)));
  const message = expect.stringMatching(/^Expected pulses that take at most 524288 bytes .*several requests/);
  expect([status, answer, received, refusals]).toEqual([413, { code: 8, message }, [], 1]);
});

it("an event with a long source and many pulses is refused: 413", async () => {
  const pulses = new Array(PULSES).fill({ service_name: "cart", latency_ms: 1, status: "ok" });
  const attributes = { specversion: "1.0", type: "dev.pulsemesh.pulses.v1", id: "i".repeat(120) };
  const event = JSON.stringify({ ...attributes, source: `/${"🙂".repeat(500)}`, data: { pulses } });
  const { status, answer, received, refusals } = await send("/", event, "application/cloudevents+json");
  expect(answer).toMatchObject({ detail: expect.stringContaining("send several requests") });
  expect([status, received, refusals]).toEqual([413, [], 1]);
});
