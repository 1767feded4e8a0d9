import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { compose } from "../pulse-ingest/compose.ts";
import { openBroker } from "../testing/broker.ts";
import { openFunctionHost } from "../testing/function-host.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const PULSE = { service_name: "checkout", latency_ms: 12.5, status: "ok" };
const SECRET = "hunter2";

const broker = await openBroker();
const host = await openFunctionHost(compose, { K_SINK: broker.url });
afterAll(async () => {
  await host.close();
  await broker.close();
});
beforeEach(async () => {
  // At most ten lines a second are written: each test begins in a new second.
  await vi.waitFor(async () => {
    host.lines.length = 0;
    await post("/nowhere", "{}");
    expect(refused()).toHaveLength(1);
  }, 5000);
  host.lines.length = 0;
  broker.answer = () => 202;
});

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${host.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

const refused = () => host.lines.filter(({ msg }) => msg === "request refused");

describe("a refused request", () => {
  it("has one line with the reason, the broken rules and its trace, and nothing of its payload", async () => {
    const body = { ...PULSE, latency_ms: SECRET, [SECRET]: 1, metadata: { [SECRET]: 5, password: SECRET } };
    expect((await post(`/pulse?token=${SECRET}`, body, { traceparent: TRACE })).status).toBe(400);
    expect(refused()).toEqual([
      expect.objectContaining({
        level: 30,
        status: 400,
        reason: "Invalid request",
        path: "/pulse",
        traceparent: TRACE,
      }),
    ]);
    const [line] = refused() as [{ faults: number; rules: string[] }];
    expect(line.faults).toBe(3);
    expect(line.rules[0]).toBe("Expected milliseconds as a finite number from 0 to 86400000, got string");
    expect(JSON.stringify(host.lines)).not.toContain(SECRET);
  });

  it("is a warning with the details where the fault is not the client's", async () => {
    broker.answer = () => 400;
    expect((await post("/pulse", PULSE, { "ce-id": "e-1", traceparent: "no trace" })).status).toBeGreaterThan(399);
    const event = {
      "ce-specversion": "1.0",
      "ce-id": "e-2",
      "ce-source": "/shop",
      "ce-type": "dev.pulsemesh.pulse.v1",
    };
    expect((await post("/", PULSE, { ...event, "ce-traceparent": TRACE })).status).toBe(422);
    expect(refused().at(-1)).toMatchObject({
      level: 40,
      status: 422,
      reason: "Unprocessable content",
      detail: "Not accepted: the broker answered 400.",
      eventId: "e-2",
      traceparent: TRACE,
    });
    expect(refused()[0]).not.toHaveProperty("traceparent");
  });

  it("has a line when its body was not read, and when it could not be read at all", async () => {
    await post("/pulse", "x".repeat(5 * 1024 * 1024)).catch(() => undefined);
    const connection = await openRawConnection(host.port);
    connection.send("GARBAGE\r\n\r\n");
    await connection.answer();
    connection.socket.destroy();
    await vi.waitFor(() => expect(refused().map(({ status }) => status)).toEqual([413, 400]));
  });
});

it("an accepted request has no line", async () => {
  expect((await post("/pulse", PULSE)).status).toBe(202);
  expect((await fetch(`${host.url}/metrics`)).status).toBe(200);
  expect(refused()).toEqual([]);
});

it("a flood of refusals is a few lines, and a line that counts the rest", async () => {
  const connection = await openRawConnection(host.port);
  const count = 500;
  const startedAt = performance.now();
  connection.send(rawRequest("GET /nowhere").repeat(count));
  for (let i = 0; i < count; i++) expect((await connection.answer()).status).toBe(404);
  connection.socket.destroy();
  const summaries = () => host.lines.filter(({ msg }) => String(msg).startsWith("more requests were refused"));
  const written = () =>
    refused().length + summaries().reduce((sum, { unwritten }) => sum + (unwritten as { 404: number })[404], 0);
  await vi.waitFor(() => expect(written()).toBe(count));
  // A busy machine may take several seconds for the flood: ten lines for each of them.
  const seconds = (performance.now() - startedAt) / 1000;
  expect(refused().length).toBeLessThanOrEqual(10 * Math.ceil(1 + seconds));
  expect(refused().length).toBeLessThan(count / 2);
});
