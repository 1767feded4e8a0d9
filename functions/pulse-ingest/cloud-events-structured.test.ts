import { describe, expect, it } from "vitest";
import { pulsesIn } from "../testing/broker.ts";
import { ATTRIBUTES, DATA, expectAccepted, pointersOf, post } from "../testing/cloud-event-requests.ts";
import { broker } from "../testing/ingest-and-broker.ts";

const event = (attributes: Record<string, unknown> = {}) => ({ ...ATTRIBUTES, data: DATA, ...attributes });

function postStructured(body: unknown, contentType = "application/cloudevents+json") {
  return post({ "content-type": contentType }, typeof body === "string" ? body : JSON.stringify(body));
}

function postBatch(body: unknown, contentType = "application/cloudevents-batch+json") {
  return postStructured(body, contentType);
}

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

  it("takes no attributes from headers", async () => {
    const headers = { "content-type": "application/cloudevents+json", "ce-id": "other", "ce-specversion": "0.3" };
    expectAccepted(await post(headers, JSON.stringify(event())));
    expect(broker.received[0]?.headers["ce-id"]).toBe("1");
  });

  it("may have its data in base64", async () => {
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

  it("keeps a string in data a string", async () => {
    expect(pointersOf(await postStructured(event({ data: JSON.stringify(DATA) })))).toEqual(["/data"]);
  });

  it.each([
    ["malformed JSON", '{"specversion":"1.0",', [""]],
    ["an array", "[]", [""]],
    ["no attributes", "{}", ["/specversion", "/id", "/source", "/type"]],
    ["an id that is a number", JSON.stringify(event({ id: 1 })), ["/id"]],
    ["a bad time", JSON.stringify(event({ time: "2026-02-30T00:00:00Z" })), ["/time"]],
    ["an illegal name of an extension", JSON.stringify(event({ Trace_Parent: "x" })), ["/Trace_Parent"]],
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

  it("is refused whole for one bad event, with a pointer into it", async () => {
    const bad = event({ id: "", data: { ...DATA, status: 1 } });
    expect(pointersOf(await postBatch([event(), bad, 7]))).toEqual(["/1/id", "/2"]);
    const wrong = event({ data: { ...DATA, latency_ms: -1 } });
    expect(pointersOf(await postBatch([wrong, bad]))).toEqual(["/1/id", "/0/data/latency_ms"]);
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
