import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openSqliteDeadLetterStore } from "../../storage/sqlite-dead-letter-store.ts";
import type { PulseFunction } from "../http.ts";
import { createLogger } from "../log.ts";
import { type LoopbackHost, openLoopbackHost } from "../loopback-host.ts";
import { openSink } from "../sink.ts";
import { createDeadLetterMetrics } from "./dead-letter-metrics.ts";
import { createDeadLetter } from "./handler.ts";

const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "pulse-deadletter-"));
const log = createLogger("silent", "pulse-deadletter");
const registry = new Registry();
const metrics = createDeadLetterMetrics([registry]);

/** A broker that notes what it gets and answers as it is told. */
const received: { headers: IncomingHttpHeaders; body: string }[] = [];
let answer: (headers: IncomingHttpHeaders, body: string) => number | Promise<number>;
const broker = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  received.push({ headers: request.headers, body });
  response.writeHead(await answer(request.headers, body)).end();
});
broker.listen(0, "127.0.0.1");
await once(broker, "listening");
const { port } = broker.address() as { port: number };

// Each test begins with an empty store of its own.
let stores = 0;
let store: ReturnType<typeof openSqliteDeadLetterStore>;
let host: LoopbackHost;
let fn: PulseFunction;
let now: number;

async function openHost(deadlineMs = 20_000): Promise<void> {
  const file = join(folder, `${++stores}.db`);
  store = openSqliteDeadLetterStore({ file, maxBytes: 64 * 1024 * 1024, retentionMs: 30 * DAY });
  const sink = openSink({ url: new URL(`http://127.0.0.1:${port}/broker`), connections: 4, deadlineMs, log });
  fn = createDeadLetter({ store, sink, metrics, now: () => now });
  host = await openLoopbackHost(fn);
}

/** A function that gives a broker little time, for tests of one that does not take anything. */
async function reopenImpatient(): Promise<void> {
  await host.close();
  await openHost(150);
}

beforeEach(async () => {
  now = Date.now() - 3_600_000;
  answer = () => 202;
  received.length = 0;
  registry.resetMetrics();
  await openHost();
  return () => host.close();
});
afterAll(() => {
  broker.closeAllConnections();
  broker.close();
  rmSync(folder, { recursive: true, force: true });
});

const FAILED = { "ce-knativeerrordest": "http://persist/", "ce-knativearrivaltime": "2026-01-02T03:04:05Z" };
let lastId = 0;

/** Posts a failed event in binary mode, a second after the one before; gives its id. */
async function post(headers: Record<string, string> = {}, body: string | Buffer = '{"latency_ms":-1}') {
  now += 1000;
  const id = `event-${++lastId}`;
  const response = await fetch(host.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": id,
      "ce-source": "/shop",
      "ce-type": "dev.pulsemesh.pulse.v1",
      "ce-knativeerrorcode": "400",
      ...FAILED,
      ...headers,
    },
    body: new Uint8Array(Buffer.from(body)),
  });
  expect([response.status, await response.text()]).toEqual([204, ""]);
  return id;
}

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${host.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

async function list(query = ""): Promise<{ id: string; event: { id: string }; [name: string]: unknown }[]> {
  const { status, body } = await ask(`/dead-letters${query}`);
  expect(status).toBe(200);
  return body.dead_letters;
}
const eventIds = async (query = "") => (await list(query)).map(({ event }) => event.id);
const letterId = async (eventId: string) => (await list()).find(({ event }) => event.id === eventId)?.id;
const replay = (path: string, body?: string) => ask(path, { method: "POST", ...(body !== undefined && { body }) });

describe("a dead letter that comes in", () => {
  it("is kept with what went wrong", async () => {
    const problem = { type: "about:blank", title: "Invalid request", status: 400 };
    const id = await post({ "ce-knativeerrordata": Buffer.from(JSON.stringify(problem)).toString("base64") });
    expect(await list()).toEqual([
      {
        id: expect.any(String),
        reason: "invalid",
        code: 400,
        destination: "http://persist/",
        detail: problem,
        time: new Date(now).toISOString(),
        event: {
          specversion: "1.0",
          id,
          source: "/shop",
          type: "dev.pulsemesh.pulse.v1",
          datacontenttype: "application/json",
          data: { latency_ms: -1 },
        },
      },
    ]);
  });

  it("is shown by its id, and counted by its reason", async () => {
    const id = await letterId(await post({ "ce-knativeerrorcode": "503" }));
    await post();
    expect(await ask(`/dead-letters/${id}`)).toMatchObject({ status: 200, body: { id, reason: "unavailable" } });
    expect((await metrics.received.get()).values).toEqual([
      expect.objectContaining({ labels: { reason: "unavailable" }, value: 1 }),
      expect.objectContaining({ labels: { reason: "invalid" }, value: 1 }),
    ]);
  });

  it("is kept to the byte whatever its type, its charset and its data", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await post({ "ce-type": "strange.type", "content-type": "text/plain; charset=latin1" }, bytes);
    await post({ "content-type": "application/json" }, "{not json");
    expect((await list()).map(({ event }) => event)).toMatchObject([
      { data_base64: Buffer.from("{not json").toString("base64") },
      { data_base64: bytes.toString("base64"), type: "strange.type", datacontenttype: "text/plain; charset=latin1" },
    ]);
  });

  it("may be structured, and posted by hand", async () => {
    const event = { specversion: "1.0", id: "1", source: "/by-hand", type: "t", data: { a: 1 } };
    const headers = { "content-type": "application/cloudevents+json" };
    expect((await ask("/", { method: "POST", headers, body: JSON.stringify(event) })).status).toBe(204);
    expect(await list("?reason=unknown")).toMatchObject([{ reason: "unknown", code: null, detail: null, event }]);
  });

  it("is one letter however often it comes", async () => {
    await post({ "ce-id": "same" });
    await post({ "ce-id": "same", "ce-knativeerrorcode": "503" });
    expect(await list()).toMatchObject([{ code: 503, time: new Date(now).toISOString() }]);
  });

  it("is counted once for each arrival of its event at the broker", async () => {
    const again = "2026-01-02T03:05:00Z";
    for (const arrival of [FAILED["ce-knativearrivaltime"], FAILED["ce-knativearrivaltime"], again]) {
      await post({ "ce-id": "same", "ce-knativearrivaltime": arrival });
    }
    expect(await list()).toHaveLength(1);
    expect((await metrics.receivedPulses.get()).values).toMatchObject([{ value: 2 }]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["no event", { "content-type": "application/json" }, "{}"],
    ["a batch", { "content-type": "application/cloudevents-batch+json" }, "[]"],
    ["a format other than JSON", { "content-type": "application/cloudevents+avro" }, "x"],
    ["broken JSON", { "content-type": "application/cloudevents+json" }, "{"],
    ["an event without an id", { "ce-specversion": "1.0", "ce-source": "/", "ce-type": "t" }, ""],
  ])("is refused when it is %s", async (_, headers, body) => {
    const { status, headers: answered } = await ask("/", { method: "POST", headers, body });
    expect([status, answered.get("content-type")]).toEqual([400, "application/problem+json"]);
    expect(await list()).toEqual([]);
  });

  it("is asked for again while the store cannot take it", async () => {
    await store.close();
    const headers = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/", "ce-type": "t" };
    const { status, headers: answered } = await ask("/", { method: "POST", headers });
    expect([status, Number(answered.get("retry-after"))]).toEqual([503, expect.any(Number)]);
    expect((await ask("/dead-letters")).status).toBe(503);
  });
});

describe("GET /dead-letters", () => {
  it("filters by reason, service, time and replay", async () => {
    const a = await post({ "ce-subject": "a" });
    const aTime = now;
    const b = await post({ "ce-partitionkey": "b", "ce-knativeerrorcode": "429" });
    const c = await post({}, '{"pulses":[{"service_name":"a"},{"service_name":"c"}]}');
    expect(await eventIds()).toEqual([c, b, a]);
    expect(await eventIds("?reason=overloaded")).toEqual([b]);
    expect(await eventIds("?service=a")).toEqual([c, a]);
    expect(await eventIds(`?from=${aTime + 1}`)).toEqual([c, b]);
    expect(await eventIds(`?to=${new Date(aTime + 1).toISOString()}`)).toEqual([a]);
    now += 1000;
    await replay(`/dead-letters/${await letterId(b)}/replay`);
    expect(await eventIds("?replayed=true")).toEqual([b]);
    expect(await eventIds("?replayed=false&service=a&reason=invalid")).toEqual([c, a]);
  });

  it.each(["", "&service=even"])("goes from page to page by the cursor (%s)", async (filter) => {
    const posted: string[] = [];
    for (let i = 0; i < 60; i++) {
      const id = await post({ "ce-subject": i % 2 === 0 ? "even" : "odd" });
      if (filter === "" || i % 2 === 0) posted.unshift(id);
    }
    const pages: string[][] = [];
    let cursor = "";
    do {
      const { body } = await ask(`/dead-letters?limit=7${filter}${cursor}`);
      pages.push(body.dead_letters.map(({ event }: { event: { id: string } }) => event.id));
      cursor = body.cursor === undefined ? "" : `&cursor=${encodeURIComponent(body.cursor)}`;
    } while (cursor !== "");
    expect(pages.flat()).toEqual(posted);
    for (const page of pages.slice(0, -2)) expect(page).toHaveLength(7);
  });

  it("ends a page early when its letters are large", async () => {
    const large = JSON.stringify("x".repeat(1_000_000));
    for (let i = 0; i < 30; i++) await post({}, large);
    const { body } = await ask("/dead-letters");
    expect(body.dead_letters).toHaveLength(20);
    const { body: rest } = await ask(`/dead-letters?cursor=${body.cursor}`);
    expect(rest.dead_letters).toHaveLength(10);
    expect(rest.cursor).toBeUndefined();
  });

  it.each([
    ["reason=other", "/query/reason"],
    ["from=2&to=2", "/query/to"],
    ["limit=1001", "/query/limit"],
    ["cursor=nonsense", "/query/cursor"],
    ["replayed=1", "/query/replayed"],
    ["again=true", "/query/again"],
  ])("refuses %s", async (query, pointer) => {
    expect(await ask(`/dead-letters?${query}`)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it("answers 404 for a letter that is not there", async () => {
    expect((await ask("/dead-letters/nobody")).status).toBe(404);
    expect((await replay("/dead-letters/nobody/replay")).status).toBe(404);
  });
});

describe("replaying a letter", () => {
  it("sends the event as it first was, and notes that the broker took it", async () => {
    const event = await post({ "ce-health": "up", "ce-knativebrokerttl": "254" });
    const id = await letterId(event);
    now += 1000;
    expect(await replay(`/dead-letters/${id}/replay`)).toMatchObject({ status: 202, body: { replayed: 1 } });
    expect(received).toHaveLength(1);
    expect(received[0]?.body).toBe('{"latency_ms":-1}');
    expect(
      Object.keys(received[0]?.headers ?? {})
        .filter((name) => name.startsWith("ce-"))
        .sort(),
    ).toEqual(["ce-health", "ce-id", "ce-source", "ce-specversion", "ce-time", "ce-type"]);
    expect(received[0]?.headers).toMatchObject({
      "ce-id": event,
      "ce-source": "/shop",
      "ce-time": "2026-01-02T03:04:05Z",
    });
    expect(await list()).toMatchObject([{ id, replayed_at: new Date(now).toISOString() }]);
    expect((await metrics.replayed.get()).values).toMatchObject([{ value: 1 }]);
  });

  it("sends data that was put right in place of the event's", async () => {
    const id = await letterId(await post());
    const { status } = await replay(`/dead-letters/${id}/replay`, '{"latency_ms": 1}');
    expect([status, received[0]?.body]).toEqual([202, '{"latency_ms": 1}']);
    expect(received[0]?.headers["content-type"]).toBe("application/json");
  });

  it("refuses data that is no JSON", async () => {
    const id = await letterId(await post());
    expect((await replay(`/dead-letters/${id}/replay`, "{")).status).toBe(400);
    expect((await replay(`/dead-letters/${id}/replay?twice=true`)).status).toBe(400);
    expect(received).toEqual([]);
  });

  it("is refused for one that was replayed, unless it is asked for again", async () => {
    const id = await letterId(await post());
    now += 1000;
    await replay(`/dead-letters/${id}/replay`);
    const { status, body } = await replay(`/dead-letters/${id}/replay`);
    expect([status, body.detail]).toEqual([409, expect.stringContaining("?again=true")]);
    expect((await replay(`/dead-letters/${id}/replay?again=true`)).status).toBe(202);
    expect(received).toHaveLength(2);
  });

  it("leaves the letter as it is while the broker is away", async () => {
    await reopenImpatient();
    const id = await letterId(await post());
    answer = () => 503;
    const away = await replay(`/dead-letters/${id}/replay`);
    expect([away.status, away.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await list("?replayed=false")).toMatchObject([{ id }]);
  });

  it("leaves the letter as it is when the broker refuses it", async () => {
    const id = await letterId(await post());
    answer = () => 400;
    expect((await replay(`/dead-letters/${id}/replay`)).status).toBe(502);
    expect(await list("?replayed=false")).toMatchObject([{ id }]);
  });

  it("does not count as done when the event comes back before the broker has answered", async () => {
    const event = await post();
    const id = await letterId(event);
    now += 1000;
    answer = async () => {
      await post({ "ce-id": event, "ce-knativeerrorcode": "422" });
      return 202;
    };
    expect((await replay(`/dead-letters/${id}/replay`)).status).toBe(202);
    expect(await list("?replayed=false")).toMatchObject([{ id, code: 422 }]);
  });
});

describe("replaying many letters", () => {
  it("sends all that match and were not replayed yet, each once", async () => {
    const posted: string[] = [];
    for (let i = 0; i < 50; i++) posted.push(await post({ "ce-subject": i < 45 ? "a" : "b" }));
    now += 1000;
    await replay(`/dead-letters/${await letterId(posted[0] as string)}/replay`);
    const count = await replay("/dead-letters/replay?service=a&reason=invalid");
    expect(count).toMatchObject({ status: 202, body: { replayed: 44, failed: 0, remaining: 0 } });
    expect(received.map(({ headers }) => headers["ce-id"]).sort()).toEqual(posted.slice(0, 45).sort());
    expect(await eventIds("?replayed=false")).toEqual(posted.slice(45).reverse());
  });

  it("says how many are left beyond the limit and failed, and how many the broker refused", async () => {
    const refused = await post();
    for (let i = 0; i < 29; i++) await post();
    answer = (headers) => (headers["ce-id"] === refused ? 400 : 202);
    now += 1000;
    expect((await replay("/dead-letters/replay?limit=25")).body).toEqual({ replayed: 25, failed: 0, remaining: 5 });
    expect((await replay("/dead-letters/replay")).body).toEqual({ replayed: 4, failed: 1, remaining: 0 });
  });

  it("does not take up again what comes back meanwhile", async () => {
    for (let i = 0; i < 3; i++) await post();
    now += 1000;
    answer = async (headers) => {
      await post({ "ce-id": headers["ce-id"] as string });
      return 202;
    };
    expect((await replay("/dead-letters/replay")).body).toEqual({ replayed: 3, failed: 0, remaining: 0 });
    expect(received).toHaveLength(3);
    expect(await list("?replayed=false")).toHaveLength(3);
  });

  it("ends at once when the broker is away", async () => {
    await reopenImpatient();
    for (let i = 0; i < 30; i++) await post();
    answer = () => 503;
    const away = await replay("/dead-letters/replay");
    expect([away.status, away.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(new Set(received.map(({ headers }) => headers["ce-id"])).size).toBeLessThanOrEqual(4);
    expect(await list("?replayed=false")).toHaveLength(30);
  });

  it("ends when the broker goes away, and says what was done until then", async () => {
    for (let i = 0; i < 30; i++) await post();
    now += 1000;
    let taken = 0;
    answer = () => (++taken <= 10 ? 202 : 503);
    const { status, body } = await replay("/dead-letters/replay");
    expect([status, body.replayed, body.replayed + body.failed + body.remaining]).toEqual([202, 10, 30]);
    expect(body.stopped).toMatch(/503/);
    expect(await list("?replayed=true")).toHaveLength(10);
  });

  it("ends after the letters on their way when the function is told to stop", async () => {
    for (let i = 0; i < 30; i++) await post();
    answer = () => {
      fn.onDrain?.();
      return 202;
    };
    const { status, body } = await replay("/dead-letters/replay");
    expect([status, body.stopped]).toEqual([202, "the function is stopping"]);
    expect(body.replayed).toBeLessThanOrEqual(4);
    expect(await list("?replayed=true")).toHaveLength(body.replayed);
  });

  it("refuses a body and unknown parameters", async () => {
    await post();
    expect((await replay("/dead-letters/replay", "{}")).status).toBe(400);
    expect((await replay("/dead-letters/replay?replayed=true")).status).toBe(400);
    expect((await replay("/dead-letters/replay?from=5&to=4")).status).toBe(400);
    expect(received).toEqual([]);
  });
});
