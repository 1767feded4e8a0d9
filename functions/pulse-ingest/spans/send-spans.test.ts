import { afterEach, describe, expect, it, vi } from "vitest";
import { type Broker, openBroker, pulsesIn } from "../../testing/broker.ts";
import { openClock } from "../../testing/clock.ts";
import { type FunctionHost, openFunctionHost } from "../../testing/function-host.ts";
import { metricOf, openIngest, PATIENT } from "../../testing/ingest-function.ts";
import { fileOf } from "../../testing/token-files.ts";
import { compose } from "../compose.ts";
import { entry, requestOf, toJson } from "../otlp/testing/otlp-requests.ts";
import { zipkinSpan } from "../zipkin/testing/zipkin-span.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(env: Record<string, string>): Promise<{ broker: Broker; host: FunctionHost }> {
  const broker = await openBroker();
  const host = await openFunctionHost(compose, { K_SINK: broker.url, ...env });
  closers.push(host.close, broker.close);
  return { broker, host };
}

/** Sends an entry of each service in one request. */
async function send(host: FunctionHost, services: readonly string[], token?: string) {
  const headers = {
    "content-type": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const body = toJson(services.map((name) => ({ attributes: { "service.name": name }, spans: [entry()] })));
  const response = await fetch(`${host.url}/v1/traces`, { method: "POST", headers, body });
  const answer = (await response.json()) as { partialSuccess?: { rejectedSpans: string; errorMessage: string } };
  return { status: response.status, answer };
}
const servicesIn = (broker: Broker) => pulsesIn(broker.received).map(({ service_name }) => service_name);

describe("a request of spans of several services", () => {
  it("brings those that its token is for, and only a token for none of them is refused", async () => {
    const { broker, host } = await open({ PULSE_INGEST_TOKENS_FILE: fileOf("narrow cart checkout\n") });
    const mixed = await send(host, ["cart", "payments", "checkout"], "narrow");
    expect(mixed).toMatchObject({
      status: 200,
      answer: { partialSuccess: { rejectedSpans: "1", errorMessage: expect.stringContaining("token that may send") } },
    });
    expect(servicesIn(broker)).toEqual(["cart", "checkout"]);
    expect(await metricOf(host, 'pulsemesh_pulses_rejected_total{reason="partial"}')).toBe(1);
    expect((await send(host, ["payments"], "narrow")).status).toBe(403);
    expect((await send(host, ["cart"], "unknown")).status).toBe(401);
    expect((await send(host, ["cart"])).status).toBe(401);
    expect(servicesIn(broker)).toHaveLength(2);
  });

  it("counts as one that was taken in part once the broker has it, and not at a try before", async () => {
    const { broker, host } = await open({ PULSE_EMIT_DEADLINE_MS: "100" });
    const counts = () =>
      Promise.all(
        ["partial", "unavailable"].map((reason) =>
          metricOf(host, `pulsemesh_pulses_rejected_total{reason="${reason}"}`),
        ),
      );
    broker.answer = () => 503;
    expect((await send(host, ["", "cart"])).status).toBe(503);
    expect(await counts()).toEqual([0, 1]);
    broker.answer = () => 202;
    expect((await send(host, ["", "cart"])).status).toBe(200);
    expect(await counts()).toEqual([1, 1]);
  });

  it("brings known services where a new one is beyond the bound", async () => {
    const { broker, host } = await open({ PULSE_MAX_SERVICES: "2" });
    expect((await send(host, ["cart"])).answer).toEqual({});
    const mixed = await send(host, ["payments", "cart", "checkout", "cart"]);
    expect(mixed).toMatchObject({
      status: 200,
      answer: {
        partialSuccess: { rejectedSpans: "1", errorMessage: expect.stringContaining("beyond the bound of 2") },
      },
    });
    expect(servicesIn(broker)).toEqual(["cart", "payments", "cart", "cart"]);
    const counts = ["partial-services", "partial", "services"].map((reason) =>
      metricOf(host, `pulsemesh_pulses_rejected_total{reason="${reason}"}`),
    );
    expect(await Promise.all(counts)).toEqual([1, 0, 0]);
  });
});

it("spans that a broker does not answer are a failure while their exporter still has time for another try", async () => {
  const { pass, ...clock } = openClock();
  const { broker, host } = await openIngest(PATIENT, clock);
  broker.answer = () => "hang";
  const answers = [
    ["/v1/traces", toJson(requestOf([entry()]))],
    ["/api/v2/spans", JSON.stringify([zipkinSpan()])],
  ].map(([path, body]) => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: body as string };
    return fetch(`${host.url}${path}`, init);
  });
  await vi.waitFor(async () => {
    const waiting = await metricOf(host, "pulsemesh_emit_queue_pulses");
    expect(waiting + pulsesIn(broker.received).length).toBe(2);
  });
  pass(5000);
  for (const answer of answers) {
    const { status, headers } = await answer;
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  }
  broker.release(202);
});
