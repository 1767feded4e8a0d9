import { describe, expect, it } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { pulsesIn } from "../testing/broker.ts";
import { ATTRIBUTES, DATA, expectAccepted, pointersOf, post, TYPE } from "../testing/cloud-event-requests.ts";
import { broker, host } from "../testing/ingest-and-broker.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Posts a binary event without the attributes that are `undefined`. */
function postBinary(attributes: Record<string, string | undefined> = {}, data: unknown = DATA, contentType?: string) {
  const headers: Record<string, string> = { "content-type": contentType ?? "application/json" };
  for (const [name, value] of Object.entries({ ...ATTRIBUTES, ...attributes })) {
    if (value !== undefined) headers[`ce-${name}`] = value;
  }
  return post(headers, typeof data === "string" ? data : JSON.stringify(data));
}

describe("a binary event", () => {
  it("is answered 202 with an empty body, and its identity is the pulse's", async () => {
    expectAccepted(await postBinary({ id: "e-1", time: new Date().toISOString() }));
    expect(broker.received[0]?.headers).toMatchObject({ "ce-id": "e-1", "ce-source": "/shop", "ce-type": TYPE });
  });

  it("gives its time to a pulse without one", async () => {
    const time = new Date(Date.now() - 60_000).toISOString();
    await postBinary({ time });
    expect(pulsesIn(broker.received)[0]?.event_time).toBe(Date.parse(time));
  });

  it("may have percent-encoded and quoted headers", async () => {
    expectAccepted(await postBinary({ id: "%C3%A4%20%25", source: '"/sh%6Fp"' }));
    expect(pulsesIn(broker.received)).toMatchObject([{ id: "ä %", source: "/shop" }]);
  });

  it("is decoded only once", async () => {
    await postBinary({ id: "%2541" });
    expect(pulsesIn(broker.received)).toMatchObject([{ id: "%41" }]);
  });

  it("is refused for a header that is not UTF-8", async () => {
    expect(pointersOf(await postBinary({ id: "caf\u00e9" }))).toEqual(["/id"]);
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
    ["a source with blanks", { source: "/a b" }, "/source"],
  ])("is refused for %s", async (_, attributes, pointer) => {
    expect(pointersOf(await postBinary(attributes))).toEqual([pointer]);
  });

  it("is refused for data other than a pulse in JSON", async () => {
    expect(pointersOf(await postBinary({}, { ...DATA, latency_ms: -1 }))).toEqual(["/data/latency_ms"]);
    expect(pointersOf(await postBinary({}, "{"))).toEqual(["/data"]);
    expect(pointersOf(await postBinary({}, ""))).toEqual(["/data"]);
    expect(pointersOf(await postBinary({}, "x", "text/plain"))).toEqual(["/datacontenttype"]);
  });

  it("is refused for another id in its data", async () => {
    expect(pointersOf(await postBinary({}, { ...DATA, id: "2" }))).toEqual(["/data/id"]);
    expectAccepted(await postBinary({}, { ...DATA, id: "1" }));
  });

  it("in another charset is 415", async () => {
    expect((await postBinary({}, DATA, "application/json; charset=latin1")).status).toBe(415);
  });

  it("carries its own traceparent rather than the request's", async () => {
    const other = TRACE.replace("-01", "-00");
    const headers = Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, value]) => [`ce-${name}`, value]));
    await post({ ...headers, "ce-traceparent": TRACE, traceparent: other }, JSON.stringify(DATA));
    await post({ ...headers, traceparent: other }, JSON.stringify(DATA));
    expect(broker.received.map((received) => received.headers["ce-traceparent"])).toEqual([TRACE, other]);
  });

  it("counts a header that is repeated with equal values once, and is refused for different values", async () => {
    const headers = Object.entries(ATTRIBUTES).map(([name, value]) => [`ce-${name}`, value]);
    const repeat = async (value: string) => {
      const connection = await openRawConnection(host.port);
      const all = { ...Object.fromEntries(headers), "CE-ID": value };
      connection.send(rawRequest("POST /", all, JSON.stringify(DATA)));
      const answer = await connection.answer();
      connection.socket.destroy();
      return answer;
    };
    expect(pointersOf(await repeat("2"))).toEqual(["/id"]);
    expectAccepted(await repeat("1"));
    expect(broker.received[0]?.headers["ce-id"]).toBe("1");
  });

  it("has an id and a source with percent signs as most SDKs write them, the same as in structured mode", async () => {
    const ids = ["order%2F1", "order/1"];
    const source = "/shop/eu%20west";
    for (const id of ids) expectAccepted(await postBinary({ id, source }));
    for (const id of ids) {
      const event = JSON.stringify({ ...ATTRIBUTES, id, source, data: DATA });
      expectAccepted(await post({ "content-type": "application/cloudevents+json" }, event));
    }
    const sent = pulsesIn(broker.received).map(({ id, source }) => [id, source]);
    expect(sent).toEqual([...ids, ...ids].map((id) => [id, source]));
  });

  it("with many pulses derives their ids from its id and the position", async () => {
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
