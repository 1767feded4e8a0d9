// What every way into pulse-ingest answers while the broker is full or away.
import { describe, expect, it, vi } from "vitest";
import type { FunctionHost } from "../testing/function-host.ts";
import { metricOf, openIngest, post, pulse } from "../testing/ingest-function.ts";
import { entry, requestOf, toJson } from "./otlp/testing/otlp-requests.ts";
import { zipkinSpan } from "./zipkin/testing/zipkin-span.ts";

const WAYS = [
  ["/pulse", JSON.stringify(pulse("a")), "application/problem+json", { title: expect.any(String) }],
  ["/v1/traces", toJson(requestOf([entry()])), "application/json", { code: expect.any(Number) }],
  ["/api/v2/spans", JSON.stringify([zipkinSpan()]), "application/problem+json", { title: expect.any(String) }],
  ["/ping/cart", "", "application/problem+json", { title: expect.any(String) }],
] as const;

async function ask(host: FunctionHost, path: string, body: string) {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  const response = await fetch(`${host.url}${path}`, init);
  const { status, headers } = response;
  return { status, type: headers.get("content-type"), wait: headers.get("retry-after"), answer: await response.json() };
}

it("while the buffer is full, every way answers 429 and says when to send again, in its own words", async () => {
  const { broker, host } = await openIngest({ PULSE_EMIT_MAX_IN_FLIGHT: "1", PULSE_BUFFER_MAX_PULSES: "1" });
  broker.answer = () => "hang";
  const first = post(host, pulse("first"));
  await vi.waitFor(() => expect(broker.received).toHaveLength(1));
  const second = post(host, pulse("second"));
  await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(1));
  for (const [path, body, type, answer] of WAYS) {
    expect(await ask(host, path, body), path).toMatchObject({ status: 429, type, wait: "1", answer });
  }
  broker.answer = () => 202;
  broker.release(202);
  expect([(await first).status, (await second).status]).toEqual([202, 202]);
});

describe("while the broker is away", () => {
  it.each(WAYS)("%s answers 503 and says when to send again", async (path, body, type, answer) => {
    const { broker, host } = await openIngest({ PULSE_EMIT_DEADLINE_MS: "100" });
    broker.answer = () => 503;
    expect(await ask(host, path, body)).toMatchObject({ status: 503, type, wait: "1", answer });
  });

  // Requests without a pulse, larger than the one with a pulse that was refused.
  it.each([
    ["/pulse", `[${" ".repeat(1000)}]`],
    ["/v1/traces", toJson(requestOf(Array(10).fill(entry({ kind: 3 }))))],
    ["/api/v2/spans", JSON.stringify(Array(10).fill({ ...zipkinSpan(), kind: "CLIENT" }))],
  ])("%s answers a request without a pulse, and readiness goes on to say why", async (path, body) => {
    const { broker, host } = await openIngest({ PULSE_EMIT_DEADLINE_MS: "100" });
    broker.answer = () => 503;
    expect((await post(host, pulse("a"))).status).toBe(503);
    const ready = async () => (await fetch(`${host.url}/health/ready`)).text();
    const said = await ready();
    expect(said).toMatch(/^OK\nPulses are not accepted: /);
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${host.url}${path}`, { method: "POST", headers, body })).ok).toBe(true);
    expect(await ready()).toBe(said);
  });
});
