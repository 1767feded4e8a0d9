import { describe, expect, it, vi } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { openBroker, pulsesIn } from "../testing/broker.ts";
import { closers, metricOf, openIngest, PATIENT, post, pulse } from "../testing/ingest-function.ts";

async function expectProblem(response: Response, status: number, retryAfter: string | null): Promise<string> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("retry-after")).toBe(retryAfter);
  return ((await response.json()) as { detail: string }).detail;
}

describe("while the broker is busy", () => {
  it("pulses of several requests travel in one event, each with its identity, and every request has its own answer", async () => {
    const { broker, host } = await openIngest({ PULSE_EMIT_MAX_IN_FLIGHT: "1" });
    broker.answer = () => "hang";
    const first = post(host, pulse("first"));
    await vi.waitFor(() => expect(broker.received).toHaveLength(1));
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const others = [
      post(host, [pulse("a"), pulse("b")]),
      fetch(`${host.url}/`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "ce-specversion": "1.0",
          "ce-type": "dev.pulsemesh.pulse.v1",
          "ce-source": "/shop",
          "ce-id": "c",
          traceparent: trace,
        },
        body: JSON.stringify({ service_name: "checkout", latency_ms: 1, status: "ok" }),
      }),
    ];
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(3));
    broker.answer = () => 202;
    broker.release(202);
    expect((await first).status).toBe(202);
    const answers = await Promise.all(others);
    expect(await answers[0]?.json()).toEqual({ accepted: 2, ids: ["a", "b"] });
    expect([answers[1]?.status, await answers[1]?.text()]).toEqual([202, ""]);
    expect(broker.received).toHaveLength(2);
    const shared = pulsesIn(broker.received.slice(1)).map(({ id, source, traceparent }) => [id, source, traceparent]);
    expect(shared.sort()).toEqual([
      ["a", "/pulse", undefined],
      ["b", "/pulse", undefined],
      ["c", "/shop", trace],
    ]);
    expect(await metricOf(host, "pulsemesh_emit_in_flight")).toBe(0);
  });

  it("a full buffer is 429 with Retry-After, and the waiting pulses are sent nevertheless", async () => {
    const { broker, host } = await openIngest({ PULSE_EMIT_MAX_IN_FLIGHT: "1", PULSE_BUFFER_MAX_PULSES: "2" });
    broker.answer = () => "hang";
    const first = post(host, pulse("first"));
    await vi.waitFor(() => expect(broker.received).toHaveLength(1));
    const waiting = post(host, [pulse("a"), pulse("b")]);
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(2));
    const detail = await expectProblem(await post(host, pulse("c")), 429, "1");
    expect(detail).toContain("nothing of the request was accepted");
    // Until an event leaves, the headers of a request suffice to refuse it: this one sends no body.
    const headers = { "content-type": "application/json", "content-length": "1000000" };
    const { socket, send, answer } = await openRawConnection(host.port);
    send(rawRequest("POST /pulse", headers, ""));
    expect((await answer()).status).toBe(429);
    socket.destroy();
    broker.answer = () => 202;
    broker.release(202);
    expect([(await first).status, (await waiting).status]).toEqual([202, 202]);
    expect((await post(host, pulse("c"))).status).toBe(202);
    expect(await metricOf(host, 'pulsemesh_pulses_rejected_total{reason="full"}')).toBe(2);
    expect(await metricOf(host, 'pulsemesh_pulses_accepted_total{service="checkout",health="up"}')).toBe(4);
  });
});

describe("a large request", () => {
  const MAX_EVENT = 262_144;
  const large = (id: string) => pulse(id, { text: "x".repeat(1000) });
  const many = Array.from({ length: 900 }, (_, i) => large(`p${i}`));

  it("is split into events under the limit and answered when all of them are accepted", async () => {
    const { broker, host } = await openIngest({ PULSE_MAX_EVENT_BYTES: String(MAX_EVENT) });
    broker.answer = () => (broker.received.length < 3 ? 202 : "hang");
    let isAnswered = false;
    const answer = post(host, many).finally(() => {
      isAnswered = true;
    });
    await vi.waitFor(() => expect(broker.received.length).toBeGreaterThan(3));
    expect(isAnswered).toBe(false);
    broker.release(202);
    expect(await (await answer).json()).toMatchObject({ accepted: 900 });
    for (const { body } of broker.received) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_EVENT);
    expect(pulsesIn(broker.received).map(({ id }) => id)).toEqual(many.map(({ id }) => id));
    expect(new Set(broker.received.map(({ headers }) => headers["ce-id"])).size).toBe(broker.received.length);
  });

  it("of the largest possible pulses makes events under the lowest limit", async () => {
    const { broker, host } = await openIngest({ PULSE_MAX_EVENT_BYTES: String(MAX_EVENT) });
    const text = (length: number, at: number) => String.fromCharCode(at + 1).padEnd(length, "\u0001");
    const metadata = Object.fromEntries(Array.from({ length: 31 }, (_, i) => [text(64, i), text(1024, i)]));
    const largest = { ...pulse(text(128, 0), metadata), service_name: "s".repeat(128), status: text(64, 0) };
    expect((await post(host, [largest, largest])).status).toBe(202);
    expect(broker.received).toHaveLength(2);
    for (const { body } of broker.received) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_EVENT);
  });

  it("is not accepted when one of its events is refused", async () => {
    const { broker, host } = await openIngest({ PULSE_MAX_EVENT_BYTES: String(MAX_EVENT) });
    broker.answer = ({ body }) => (body.includes('"p450"') ? 400 : 202);
    expect(await expectProblem(await post(host, many), 422, null)).toContain("the broker answered 400");
    expect(await metricOf(host, "pulsemesh_pulses_accepted_total")).toBeNaN();
    const taken = pulsesIn(broker.received.filter(({ body }) => !body.includes('"p450"'))).length;
    expect(taken).toBeGreaterThan(100);
    expect(await metricOf(host, "pulsemesh_emit_unacknowledged_pulses_total")).toBe(taken);
  });
});

describe("a broker that", () => {
  // [its answers to each try, the request's answer, the pulses that it may have besides those accepted]
  it.each([
    ["answers 503, and took nothing", [503, 202], 202, 0],
    ["cuts a connection, perhaps after it took the event", ["reset", 202], 202, 1],
    ["answers 500, as Knative's does when one of its deliveries failed", [500, 500, 202], 202, 2],
    ["never answers", ["hang"], 503, 1],
    ["refuses", [400], 422, 0],
  ] as const)(
    "%s adds to the unacknowledged pulses what it may have taken",
    async (_, answers, status, unacknowledged) => {
      const { broker, host } = await openIngest(answers[0] === "hang" ? { PULSE_EMIT_DEADLINE_MS: "300" } : PATIENT);
      broker.answer = () => answers[Math.min(broker.received.length, answers.length) - 1] as (typeof answers)[number];
      expect((await post(host, pulse("a"))).status).toBe(status);
      expect(await metricOf(host, "pulsemesh_emit_unacknowledged_pulses_total")).toBe(unacknowledged);
    },
  );

  it("is away for a moment is tried again, inside the request", async () => {
    const { broker, host } = await openIngest(PATIENT);
    broker.answer = () => (broker.received.length === 1 ? "reset" : broker.received.length === 2 ? 503 : 202);
    expect((await post(host, pulse("a"))).status).toBe(202);
    expect(broker.received.map(({ headers }) => headers["ce-id"])).toEqual(["a", "a", "a"]);
    expect(await metricOf(host, 'pulsemesh_emit_errors_total{reason="unavailable"}')).toBe(2);
  });

  it.each([
    ["answers 503", 503 as const, "the broker answered 503"],
    ["is not known yet", 404 as const, "the broker answered 404"],
    ["lets nobody in", 403 as const, "the broker answered 403"],
    ["has moved", 308 as const, "the broker answered 308"],
    ["cuts connections", "reset" as const, "the broker did not answer"],
    ["never answers", "hang" as const, "the broker did not answer"],
  ])("%s makes the answer 503 with Retry-After within the deadline", async (_, answer, reason) => {
    const { broker, host } = await openIngest({ PULSE_EMIT_DEADLINE_MS: answer === "hang" ? "300" : "1000" });
    broker.answer = () => answer;
    expect(await expectProblem(await post(host, pulse("a")), 503, "1")).toContain(reason);
    expect(host.lines.find(({ msg }) => String(msg).startsWith("event not accepted"))).toMatchObject({ eventId: "a" });
  });

  it("is gone makes the answer 503, and its return 202", async () => {
    const { broker, host } = await openIngest({ PULSE_EMIT_DEADLINE_MS: "200" });
    await broker.close();
    const detail = await expectProblem(await post(host, pulse("a")), 503, "1");
    const reason = "the broker did not answer (ECONNREFUSED)";
    expect(detail).toContain(reason);
    const ready = async () => (await fetch(`${host.url}/health/ready`)).text();
    expect(await ready()).toBe(`OK\nPulses are not accepted: ${reason}`);
    const returned = await openBroker(broker.port);
    closers.push(returned.close);
    await vi.waitFor(async () => expect((await post(host, pulse("a"))).status).toBe(202));
    expect(await ready()).toBe("OK");
  });

  it("refuses for good makes the answer 422 after one try", async () => {
    const { broker, host } = await openIngest();
    broker.answer = () => 400;
    await expectProblem(await post(host, pulse("a")), 422, null);
    expect(broker.received).toHaveLength(1);
  });
});

describe("a stop", () => {
  it("answers requests that wait for the broker, and logs no bodies", async () => {
    const { broker, host } = await openIngest({ PULSE_EMIT_MAX_IN_FLIGHT: "1" });
    broker.answer = () => "hang";
    const answers = [post(host, pulse("a", { password: "hunter2" })), post(host, pulse("b")), post(host, pulse("c"))];
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(2));
    const stopped = host.stop();
    broker.answer = () => 202;
    broker.release(202);
    for (const answer of answers) expect((await answer).status).toBe(202);
    expect(await stopped).toBe(0);
    const sent = pulsesIn(broker.received).map(({ id }) => id);
    expect(sent.sort()).toEqual(["a", "b", "c"]);
    expect(JSON.stringify(host.lines)).not.toContain("hunter2");
  });
});
