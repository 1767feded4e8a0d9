import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { openTestBroker, post, triggerOf } from "../testing/broker.ts";

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ type: "about:blank", title: expect.any(String), detail: expect.any(String) });
  expect(problem.status).toBe(response.status);
  return problem;
}

describe("the broker's ingress", () => {
  it("takes a binary event with 202 and an empty body, and hands it on as it came", async () => {
    const { url, subscriber } = await openTestBroker();
    const response = await post(url, "a b/ü", { headers: { "ce-id": "a%20b/%C3%BC", "ce-health": "up" }, body: "{ }" });
    expect(response.status).toBe(202);
    expect(await response.text()).toBe("");
    await vi.waitFor(() => expect(subscriber.received).toHaveLength(1));
    const [got] = subscriber.received;
    expect(got).toMatchObject({ id: "a b/ü", body: "{ }" });
    expect(got?.headers).toMatchObject({
      "ce-specversion": "1.0",
      "ce-source": "/test",
      "ce-type": "dev.test",
      "ce-health": "up",
      "content-type": "application/json",
      prefer: "reply",
    });
    expect(got?.headers).not.toHaveProperty("ce-knativebrokerttl");
  });

  it("takes a structured event and hands it on in binary mode", async () => {
    const { url, subscriber } = await openTestBroker();
    const event = { specversion: "1.0", id: "s", source: "/s", type: "t", n: 7, data: { a: [1] } };
    const headers = { "content-type": "Application/CloudEvents+JSON; charset=UTF-8" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(event) });
    expect(response.status).toBe(202);
    await vi.waitFor(() => expect(subscriber.ids()).toEqual(["s"]));
    expect(subscriber.received[0]).toMatchObject({ body: '{"a":[1]}' });
    expect(subscriber.received[0]?.headers).toMatchObject({ "ce-n": "7" });
    expect(subscriber.received[0]?.headers).not.toHaveProperty("content-type");
  });

  it("refuses data that is nested too deep, lives on, and hands it on where it is no part of JSON that it reads", async () => {
    const { url, subscriber } = await openTestBroker();
    const deep = "[".repeat(5000) + "]".repeat(5000);
    const body = `{"specversion":"1.0","id":"deep","source":"/s","type":"t","data":${deep}}`;
    const structured = { "content-type": "application/cloudevents+json" };
    const refused = await fetch(url, { method: "POST", headers: structured, body });
    expect(refused.status).toBe(400);
    expect(await problemOf(refused)).toMatchObject({
      errors: [{ rule: expect.stringContaining("at most 64 levels") }],
    });
    expect((await post(url, "bytes", { body: deep })).status).toBe(202);
    await vi.waitFor(() => expect(subscriber.received).toMatchObject([{ id: "bytes", body: deep }]));
  });

  it("hands an event without data on without a content type", async () => {
    const { url, subscriber } = await openTestBroker();
    const headers = { "ce-specversion": "1.0", "ce-id": "e", "ce-source": "/s", "ce-type": "t" };
    expect((await fetch(url, { method: "POST", headers })).status).toBe(202);
    await vi.waitFor(() => expect(subscriber.ids()).toEqual(["e"]));
    expect(subscriber.received[0]?.headers).not.toHaveProperty("content-type");
    expect(subscriber.received[0]?.body).toBe("");
  });

  it("writes the time of arrival, over an older one too", async () => {
    const { url, subscriber } = await openTestBroker();
    const before = Date.now();
    await post(url, "1", { headers: { "ce-knativearrivaltime": "2020-01-01T00:00:00Z" } });
    await vi.waitFor(() => expect(subscriber.received).toHaveLength(1));
    const arrival = String(subscriber.received[0]?.headers["ce-knativearrivaltime"]);
    expect(arrival).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(arrival)).toBeGreaterThanOrEqual(before);
  });

  it.each([
    ["a batch", { "content-type": "application/cloudevents-batch+json" }, "[]", 400],
    ["no event", { "content-type": "application/json" }, "{}", 400],
    ["an event without an id", { "ce-specversion": "1.0", "ce-source": "/s", "ce-type": "t" }, "{}", 400],
    ["another specversion", { "ce-specversion": "2.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t" }, "{}", 400],
    ["malformed JSON", { "content-type": "application/cloudevents+json" }, "{", 400],
    ["a foreign format", { "content-type": "application/cloudevents+xml" }, "<a/>", 415],
  ])("refuses %s", async (_name, headers, body, status) => {
    const { url, subscriber, metrics } = await openTestBroker();
    const response = await fetch(url, { method: "POST", headers: headers as Record<string, string>, body });
    expect(response.status).toBe(status);
    await problemOf(response);
    expect(await metrics()).toMatchObject({ "events_total invalid": 1, "events_total accepted": 0 });
    expect(subscriber.received).toEqual([]);
  });

  it("lists the faults of an invalid event with their pointers", async () => {
    const { url } = await openTestBroker();
    const response = await post(url, "1", { headers: { "ce-time": "yesterday", "ce-source": "" } });
    const problem = await problemOf(response);
    const pointers = (problem.errors as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(pointers.toSorted()).toEqual(["/source", "/time"]);
  });

  it.each(["/", "/default", "/default/other", "/other/pulsemesh", "/default/pulsemesh/more"])(
    "answers 404 for %s",
    async (path) => {
      const { url } = await openTestBroker();
      const response = await post(new URL(path, url).href, "1");
      expect(response.status).toBe(404);
      expect((await problemOf(response)).detail).toContain("POST /default/pulsemesh");
    },
  );

  it.each(["GET", "PUT", "DELETE"])("answers 405 with Allow for %s", async (method) => {
    const { url } = await openTestBroker();
    const response = await fetch(url, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
    await problemOf(response);
    const metrics = await fetch(new URL("/metrics", url), { method: "POST", body: "x" });
    expect(metrics.status).toBe(405);
    expect(metrics.headers.get("allow")).toBe("GET");
  });

  it("answers the webhook handshake", async () => {
    const { url } = await openTestBroker();
    const response = await fetch(url, { method: "OPTIONS" });
    expect(response.status).toBe(200);
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
    expect(response.headers.get("webhook-allowed-origin")).toBe("*");
  });

  it("takes events at its path with a slash at the end, and with a query, as Knative, does not find it", async () => {
    const { url, subscriber } = await openTestBroker();
    expect((await post(`${url}/`, "1")).status).toBe(202);
    expect((await post(`${url}?x=1`, "2")).status).toBe(404);
    await vi.waitFor(() => expect(subscriber.ids()).toEqual(["1"]));
  });

  it("refuses attributes that are too long for a subscriber's headers", async () => {
    const { url, subscriber } = await openTestBroker();
    const event = { specversion: "1.0", id: "long", source: "/s", type: "t", note: "ü".repeat(1500), data: {} };
    const headers = { "content-type": "application/cloudevents+json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(event) });
    expect(response.status).toBe(400);
    expect((await problemOf(response)).detail).toContain("8192 bytes");
    expect(subscriber.received).toHaveLength(0);
  });

  it("takes and forgets, as Knative does, an event that no Trigger wants", async () => {
    const triggers = [triggerOf({}, { filters: [{ exact: { type: "wanted" } }] })];
    const { url, subscriber, metrics } = await openTestBroker({ triggers });
    expect((await post(url, "no")).status).toBe(202);
    expect((await post(url, "yes", { headers: { "ce-type": "wanted" } })).status).toBe(202);
    await vi.waitFor(() => expect(subscriber.ids()).toEqual(["yes"]));
    expect(await metrics()).toMatchObject({ "events_total unmatched": 1, "events_total accepted": 1 });
  });

  it("answers the health checks, and counts events and deliveries in its metrics", async () => {
    const { url, subscriber, metrics } = await openTestBroker();
    await post(url, "1");
    await vi.waitFor(() => expect(subscriber.received).toHaveLength(1));
    await vi.waitFor(async () => expect(await metrics()).toMatchObject({ "pending t subscriber": 0 }));
    expect((await fetch(new URL("/health/ready", url))).status).toBe(200);
    expect((await fetch(new URL("/health/live", url), { method: "HEAD" })).status).toBe(200);
    const text = await (await fetch(new URL("/metrics", url))).text();
    expect(text).toContain('pulsemesh_broker_events_total{outcome="accepted"} 1');
    expect(text).toContain('pulsemesh_broker_deliveries_total{trigger="t",outcome="delivered"} 1');
    expect(text).toContain('pulsemesh_broker_pending{trigger="t",sink="subscriber"} 0');
    expect(text).toMatch(/pulsemesh_broker_free_bytes [1-9]/);
    expect(text).toContain("process_cpu_seconds_total");
  });

  it("takes pipelined events in their order, and those of a client that has gone", async () => {
    const { url, broker, subscriber } = await openTestBroker({ graceMs: 60_000 });
    const attributes = { "ce-specversion": "1.0", "ce-source": "/s", "ce-type": "t" };
    const event = (id: string) => rawRequest("POST /default/pulsemesh", { ...attributes, "ce-id": id }, "{}");
    const connection = await openRawConnection(broker.port);
    onTestFinished(() => void connection.socket.destroy());
    connection.send(event("1") + event("2") + rawRequest("GET /nothing"));
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await connection.answer()).status);
    expect(statuses).toEqual([202, 202, 404]);
    await vi.waitFor(() => expect(subscriber.ids().toSorted()).toEqual(["1", "2"]));
    connection.send(event("3") + event("4") + event("5").slice(0, -1));
    connection.socket.destroy();
    await vi.waitFor(() => expect(subscriber.ids()).toContain("4"));
    await fetch(new URL("/health/live", url));
    // Waits for the grace time while a request counts as unanswered.
    await broker.close();
  });

  it("counts what it refuses", async () => {
    const { url, metrics } = await openTestBroker({ maxBodyBytes: 65_536 });
    expect((await post(url, "1", { body: Buffer.alloc(65_537) })).status).toBe(413);
    expect((await fetch(new URL("/nothing", url))).status).toBe(404);
    expect((await post(url, "2", { body: Buffer.alloc(65_536) })).status).toBe(202);
    expect(await metrics()).toMatchObject({ "events_total refused": 2, "events_total accepted": 1 });
  });
});
