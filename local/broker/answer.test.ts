import { describe, expect, it } from "vitest";
import { judgeAnswer, judgeDeadLetterAnswer, judgeSilence } from "./answer.ts";

const NONE = Buffer.alloc(0);
const EVENT = { "ce-specversion": "1.0", "ce-id": "r", "ce-source": "/s", "ce-type": "t" };

describe("an answer", () => {
  it.each([200, 201, 202, 204, 299])("%i with an empty body is delivered", (code) => {
    expect(judgeAnswer({ code, headers: {}, body: NONE })).toEqual({ kind: "delivered" });
  });

  it("with a binary CloudEvent is delivered and carries a reply", () => {
    const verdict = judgeAnswer({ code: 200, headers: EVENT, body: Buffer.from("x") });
    expect(verdict).toMatchObject({ kind: "delivered", reply: { id: "r", source: "/s", type: "t" } });
  });

  it("with a structured CloudEvent is delivered and carries a reply", () => {
    const body = Buffer.from('{"specversion":"1.0","id":"r","source":"/s","type":"t","data":{"a":1}}');
    const headers = { "content-type": "application/cloudevents+json" };
    expect(judgeAnswer({ code: 200, headers, body })).toMatchObject({ kind: "delivered", reply: { id: "r" } });
  });

  it.each([
    ["text", { "content-type": "text/plain" }, "stored"],
    ["JSON", { "content-type": "application/json" }, "{}"],
    ["a malformed event", { ...EVENT, "ce-specversion": "2.0" }, ""],
    ["a malformed structured event", { "content-type": "application/cloudevents+json" }, "{"],
    ["a batch", { "content-type": "application/cloudevents-batch+json" }, "[]"],
    ["an event in a foreign format", { "content-type": "application/cloudevents+avro" }, "x"],
  ])("2xx with %s counts as 502 and is retried", (_name, headers, body) => {
    const verdict = judgeAnswer({ code: 200, headers, body: Buffer.from(body) });
    expect(verdict).toMatchObject({ kind: "failed", isFinal: false, code: 502 });
  });

  it("2xx with an event that brokers refuse is final, as an answer of the broker", () => {
    const verdict = judgeAnswer({ code: 200, headers: { ...EVENT, "ce-id": "" }, body: NONE });
    expect(verdict).toMatchObject({ kind: "failed", isFinal: true, code: 400, isOfReply: true });
  });

  it.each([404, 408, 409, 429, 500, 501, 502, 503, 504, 599])("%i is retried", (code) => {
    expect(judgeAnswer({ code, headers: {}, body: NONE })).toMatchObject({ isFinal: false, code });
  });

  it.each([300, 301, 302, 304, 307, 400, 401, 402, 403, 405, 406, 410, 413, 415, 422])("%i is final", (code) => {
    expect(judgeAnswer({ code, headers: {}, body: NONE })).toMatchObject({ isFinal: true, code });
  });

  it("that never came counts as 500 and is retried", () => {
    const verdict = judgeSilence("ECONNREFUSED");
    expect(verdict).toMatchObject({ kind: "failed", isFinal: false, code: 500 });
    expect(verdict.kind === "failed" && verdict.body.toString()).toBe("dispatch error: ECONNREFUSED");
  });

  it("of a dead-letter sink counts by its code alone", () => {
    const body = Buffer.from("kept");
    expect(judgeDeadLetterAnswer({ code: 200, headers: EVENT, body })).toEqual({ kind: "delivered" });
    expect(judgeDeadLetterAnswer({ code: 200, headers: {}, body })).toEqual({ kind: "delivered" });
    expect(judgeDeadLetterAnswer({ code: 503, headers: {}, body })).toMatchObject({ kind: "failed", isFinal: false });
  });
});
