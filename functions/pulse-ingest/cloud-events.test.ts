import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openLoopbackBroker, pulsesIn } from "../loopback-broker.ts";
import { openRawConnection, rawRequest } from "../raw-connection.ts";
import { openRuntimeHost } from "../runtime-host.ts";
import { compose } from "./compose.ts";

const broker = await openLoopbackBroker();
const host = await openRuntimeHost(compose, { K_SINK: broker.url });
afterAll(async () => {
  await host.close();
  await broker.close();
});
beforeEach(() => {
  broker.received.length = 0;
});

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const DATA = { service_name: "checkout", latency_ms: 12.5, status: "ok" };
const TYPE = "dev.pulsemesh.pulse.v1";
const ATTRIBUTES = { specversion: "1.0", id: "1", source: "/shop", type: TYPE };

/** Posts as it stands; the header values reach the wire byte for byte. */
async function post(headers: Record<string, string>, body: string) {
  const connection = await openRawConnection(host.port);
  connection.send(rawRequest("POST /", { connection: "close", ...headers }, body));
  const answer = await connection.answer();
  connection.socket.destroy();
  return answer;
}

/** A binary event; an attribute of `undefined` is left out. */
function postBinary(attributes: Record<string, string | undefined> = {}, data: unknown = DATA, contentType?: string) {
  const headers: Record<string, string> = { "content-type": contentType ?? "application/json" };
  for (const [name, value] of Object.entries({ ...ATTRIBUTES, ...attributes })) {
    if (value !== undefined) headers[`ce-${name}`] = value;
  }
  return post(headers, typeof data === "string" ? data : JSON.stringify(data));
}

const event = (attributes: Record<string, unknown> = {}) => ({ ...ATTRIBUTES, data: DATA, ...attributes });

function postStructured(body: unknown, contentType = "application/cloudevents+json") {
  return post({ "content-type": contentType }, typeof body === "string" ? body : JSON.stringify(body));
}

function postBatch(body: unknown, contentType = "application/cloudevents-batch+json") {
  return postStructured(body, contentType);
}

type Answer = Awaited<ReturnType<typeof post>>;

function pointersOf(answer: Answer): string[] {
  expect(answer.status).toBe(400);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(broker.received).toHaveLength(0);
  return (answer.json().errors as { pointer: string }[]).map(({ pointer }) => pointer);
}

function expectAccepted(answer: Answer): void {
  expect([answer.status, answer.body, answer.headers["content-length"]]).toEqual([202, "", "0"]);
}

describe("a binary event", () => {
  it("is answered 202 with an empty body, and its identity is the pulse's", async () => {
    expectAccepted(await postBinary({ id: "e-1", time: new Date().toISOString() }));
    expect(broker.received[0]?.headers).toMatchObject({ "ce-id": "e-1", "ce-source": "/shop", "ce-type": TYPE });
  });

  it("gives its time to a pulse that has none", async () => {
    const time = new Date(Date.now() - 60_000).toISOString();
    await postBinary({ time });
    expect(pulsesIn(broker.received)[0]?.event_time).toBe(Date.parse(time));
  });

  it("is read with percent-encoded and quoted headers, which travel on encoded", async () => {
    expectAccepted(await postBinary({ id: "%C3%A4%20%25", source: '"/sh%6Fp"' }));
    expect(broker.received[0]?.headers).toMatchObject({ "ce-id": "%C3%A4%20%25", "ce-source": "/shop" });
  });

  it("is decoded once only", async () => {
    await postBinary({ id: "%2541" });
    expect(broker.received[0]?.headers["ce-id"]).toBe("%2541");
  });

  it("is refused for a header that is no UTF-8", async () => {
    expect(pointersOf(await postBinary({ id: "%FF" }))).toContain("/id");
  });

  it.each([["id"], ["source"], ["type"], ["specversion"]])("is refused without or with an empty %s", async (name) => {
    expect(pointersOf(await postBinary({ [name]: undefined }))).toEqual([`/${name}`]);
    expect(pointersOf(await postBinary({ [name]: "" }))).toEqual([`/${name}`]);
  });

  it.each([
    ["another specversion", { specversion: "0.3" }, "/specversion"],
    ["a bad time", { time: "yesterday" }, "/time"],
    ["an unknown type", { type: "com.example.other" }, "/type"],
    ["an id that is too long to store", { id: "i".repeat(129) }, "/id"],
    ["a source with blanks", { source: "/a%20b" }, "/source"],
  ])("is refused for %s", async (_, attributes, pointer) => {
    expect(pointersOf(await postBinary(attributes))).toEqual([pointer]);
  });

  it("is refused for data that is no pulse or no JSON", async () => {
    expect(pointersOf(await postBinary({}, { ...DATA, latency_ms: -1 }))).toEqual(["/data/latency_ms"]);
    expect(pointersOf(await postBinary({}, "{"))).toEqual(["/data"]);
    expect(pointersOf(await postBinary({}, ""))).toEqual(["/data"]);
    expect(pointersOf(await postBinary({}, "x", "text/plain"))).toEqual(["/datacontenttype"]);
  });

  it("is refused for an id inside that is not its own", async () => {
    expect(pointersOf(await postBinary({}, { ...DATA, id: "2" }))).toEqual(["/data/id"]);
    expectAccepted(await postBinary({}, { ...DATA, id: "1" }));
  });

  it("in another charset is 415", async () => {
    expect((await postBinary({}, DATA, "application/json; charset=latin1")).status).toBe(415);
  });

  it("carries its own traceparent before the request's", async () => {
    const other = TRACE.replace("-01", "-00");
    const headers = Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, value]) => [`ce-${name}`, value]));
    await post({ ...headers, "ce-traceparent": TRACE, traceparent: other }, JSON.stringify(DATA));
    await post({ ...headers, traceparent: other }, JSON.stringify(DATA));
    expect(broker.received.map((received) => received.headers["ce-traceparent"])).toEqual([TRACE, other]);
  });

  it("with a header twice is the same event every time: the values are joined as HTTP joins them", async () => {
    const connection = await openRawConnection(host.port);
    const headers = { ...Object.fromEntries(Object.entries(ATTRIBUTES).map(([k, v]) => [`ce-${k}`, v])), "CE-ID": "2" };
    connection.send(rawRequest("POST /", headers, JSON.stringify(DATA)));
    expectAccepted(await connection.answer());
    connection.socket.destroy();
    expect(broker.received[0]?.headers["ce-id"]).toBe("1,%202");
  });

  it("with many pulses gives them ids from its own and the position", async () => {
    const pulses = [DATA, { ...DATA, id: "own" }, { ...DATA, source: "/elsewhere", traceparent: TRACE }];
    expectAccepted(await postBinary({ id: "many", type: "dev.pulsemesh.pulses.v1" }, { pulses }));
    const sent = pulsesIn(broker.received).map(({ id, source, traceparent }) => [id, source, traceparent]);
    expect(sent).toEqual([
      ["many/0", "/shop", undefined],
      ["own", "/shop", undefined],
      ["many/2", "/elsewhere", TRACE],
    ]);
  });
});

describe("a structured event", () => {
  it.each([
    "application/cloudevents+json",
    "Application/CloudEvents+JSON",
    "application/cloudevents+json; charset=UTF-8",
    'application/cloudevents+json;charset="utf-8";x=y',
  ])("as %s is accepted", async (contentType) => {
    expectAccepted(await postStructured(event(), contentType));
    expect(broker.received[0]?.headers).toMatchObject({ "ce-id": "1", "ce-source": "/shop" });
  });

  it("wins over headers, which are not attributes then", async () => {
    const headers = { "content-type": "application/cloudevents+json", "ce-id": "other", "ce-specversion": "0.3" };
    expectAccepted(await post(headers, JSON.stringify(event())));
    expect(broker.received[0]?.headers["ce-id"]).toBe("1");
  });

  it("has its data as base64 too", async () => {
    const { data: _, ...rest } = event();
    const data_base64 = Buffer.from(JSON.stringify(DATA)).toString("base64");
    expectAccepted(await postStructured({ ...rest, data_base64 }));
    expect(
      pointersOf(await postStructured({ ...rest, data_base64: "%" }).finally(() => broker.received.pop())),
    ).toEqual(["/data_base64"]);
  });

  it("takes null for absent", async () => {
    expect(pointersOf(await postStructured(event({ id: null })))).toEqual(["/id"]);
    expectAccepted(await postStructured(event({ time: null, subject: null, data_base64: null })));
  });

  it("does not parse a string in data again", async () => {
    expect(pointersOf(await postStructured(event({ data: JSON.stringify(DATA) })))).toEqual(["/data"]);
  });

  it.each([
    ["malformed JSON", '{"specversion":"1.0",', [""]],
    ["an array", "[]", [""]],
    ["no attributes", "{}", ["/specversion", "/id", "/source", "/type"]],
    ["an id that is a number", JSON.stringify(event({ id: 1 })), ["/id", "/id"]],
    ["a bad time", JSON.stringify(event({ time: "2026-02-30T00:00:00Z" })), ["/time"]],
    ["an extension's name that is none", JSON.stringify(event({ Trace_Parent: "x" })), ["/Trace_Parent"]],
  ])("is refused for %s", async (_, body, pointers) => {
    expect(pointersOf(await postStructured(body))).toEqual(pointers);
  });

  it.each([
    "application/cloudevents+xml",
    "application/cloudevents+avro",
    "application/cloudevents",
    "application/cloudeventsx+json",
  ])("as %s is 415", async (contentType) => {
    expect((await postStructured(event(), contentType)).status).toBe(415);
  });
});

describe("a batch", () => {
  it("is answered 202 with an empty body when all of its events are safe", async () => {
    expectAccepted(await postBatch([event({ id: "a" }), event({ id: "b", source: "/other" })]));
    expect(pulsesIn(broker.received).map(({ id, source }) => [id, source])).toEqual([
      ["a", "/shop"],
      ["b", "/other"],
    ]);
  });

  it("that is empty is legal", async () => {
    expectAccepted(await postBatch([], "Application/CloudEvents-Batch+JSON; charset=utf-8"));
  });

  it("is refused as a whole for one bad event, with a pointer into it", async () => {
    const bad = event({ id: "", data: { ...DATA, status: 1 } });
    expect(pointersOf(await postBatch([event(), bad, 7]))).toEqual(["/1/id", "/2"]);
    expect(pointersOf(await postBatch([event(), event({ data: {} })]))).toEqual([
      "/1/data/service_name",
      "/1/data/latency_ms",
      "/1/data/status",
    ]);
  });

  it("counts the pulses of all its events against the limit", async () => {
    const small = { ...DATA, id: "x" };
    const half = event({ type: "dev.pulsemesh.pulses.v1", data: { pulses: new Array(5001).fill(small) } });
    expect(pointersOf(await postBatch([half, half]))).toEqual([""]);
  });

  it("in a format other than JSON is 415, and one that is no array 400", async () => {
    expect((await postBatch("x", "application/cloudevents-batch+avro")).status).toBe(415);
    expect(pointersOf(await postBatch(event()))).toEqual([""]);
  });
});

describe("the webhook handshake", () => {
  it("allows the origin that asks, at any rate", async () => {
    const connection = await openRawConnection(host.port);
    connection.send(rawRequest("OPTIONS /", { "webhook-request-origin": "eventemitter.example.com" }));
    const answer = await connection.answer();
    connection.socket.destroy();
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      allow: "POST, OPTIONS",
      "webhook-allowed-origin": "eventemitter.example.com",
      "webhook-allowed-rate": "*",
    });
    expect(answer.headers).not.toHaveProperty("content-length");
  });
});
