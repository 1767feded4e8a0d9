import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { REASONS, reasonOf } from "../dead-letter-reason.ts";
import { asReplayed, deadLetterOf, servicesOf, viewDeadLetter } from "./dead-letter.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const base64 = (text: string) => Buffer.from(text).toString("base64");

function eventOf(extensions: Record<string, string> = {}, fields: Partial<CloudEvent> = {}): CloudEvent {
  return { id: "1", source: "/shop", type: "any.type", extensions, data: { kind: "none" }, ...fields };
}

describe("the reason of a dead letter", () => {
  it.each([
    [400, "invalid"],
    [401, "invalid"],
    [413, "invalid"],
    [422, "invalid"],
    [404, "unavailable"],
    [409, "unavailable"],
    [408, "timeout"],
    [429, "overloaded"],
    [500, "unavailable"],
    [503, "unavailable"],
    [504, "timeout"],
    [undefined, "unavailable"],
    [202, "unexpected"],
    [301, "unexpected"],
  ])("is, for the answer %s, %s", (code, reason) => {
    expect(reasonOf(code)).toBe(reason);
  });

  it("is one of a few words for any code", () => {
    for (let code = 0; code < 1000; code++) expect(REASONS).toContain(reasonOf(code));
  });
});

describe("a dead letter", () => {
  it("has the facts that the broker noted on the event", () => {
    const event = eventOf({
      knativeerrordest: "http://persist/",
      knativeerrorcode: "400",
      knativeerrordata: base64("no latency"),
    });
    expect(deadLetterOf(event, NOW)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      event,
      reason: "invalid",
      destination: "http://persist/",
      code: 400,
      detail: "no latency",
      time: NOW,
    });
  });

  it("knows little of an event that a person posts", () => {
    expect(deadLetterOf(eventOf(), NOW)).toMatchObject({ reason: "unknown", destination: undefined, code: undefined });
  });

  it("is a timeout when it came through a broker that says nothing", () => {
    const event = eventOf({ knativebrokerttl: "255", knativearrivaltime: "2026-01-02T03:04:05Z" });
    expect(deadLetterOf(event, NOW)).toMatchObject({ reason: "timeout", destination: undefined, code: undefined });
  });

  it("is unavailable for a destination without a code, or with an impossible one", () => {
    expect(deadLetterOf(eventOf({ knativeerrordest: "http://a/" }), NOW)).toMatchObject({ reason: "unavailable" });
    const odd = eventOf({ knativeerrordest: "http://a/", knativeerrorcode: "what" });
    expect(deadLetterOf(odd, NOW)).toMatchObject({ reason: "unavailable", code: undefined });
  });

  it("has the same id for the same event and destination, and another for any other", () => {
    const idOf = (destination: string, fields: Partial<CloudEvent> = {}) =>
      deadLetterOf(eventOf({ knativeerrordest: destination }, fields), NOW).id;
    expect(idOf("http://a/")).toBe(deadLetterOf(eventOf({ knativeerrordest: "http://a/", x: "y" }), NOW + 1).id);
    const ids = [
      idOf("http://a/"),
      idOf("http://b/"),
      idOf("http://a/", { id: "2" }),
      idOf("http://a/", { source: "/" }),
      idOf("http://a/", { subject: "checkout" }),
      idOf("http://a/", { subject: "cart" }),
    ];
    expect(new Set([...ids, deadLetterOf(eventOf(), NOW).id]).size).toBe(7);
  });

  it.each([
    ["base64 of text", base64("größe"), "größe"],
    ["base64 of text cut inside a character", Buffer.from("größe").subarray(0, 3).toString("base64"), "gr"],
    ["text other than base64", "no answer!", "no answer!"],
    ["text that could be base64", "overload", "overload"],
    ["base64 of binary bytes", Buffer.from([0, 1, 2]).toString("base64"), "AAEC"],
    ["nothing", "", undefined],
  ])("has as detail %s", (_, data, detail) => {
    expect(deadLetterOf(eventOf({ knativeerrordata: data }), NOW).detail).toBe(detail);
  });
});

describe("a dead letter in an answer", () => {
  const view = (detail: string) => viewDeadLetter(deadLetterOf(eventOf({ knativeerrordata: base64(detail) }), NOW), []);

  it("has a problem as JSON, and any other detail as text", () => {
    expect(view('{"type":"about:blank","status":400}').detail).toEqual({ type: "about:blank", status: 400 });
    for (const text of ['{"type":"about:bl', '{"a":1}', "null", "[1]", "text"]) expect(view(text).detail).toBe(text);
  });

  it.each([
    ["http://persist/", "http://persist/"],
    ["http://pulse-persist.default.svc.cluster.local", "http://pulse-persist.default.svc.cluster.local/"],
    ["https://me:pass@hooks.example:8443/services/s3cret?key=s3cret", "https://hooks.example:8443/…"],
    ["https://hooks.example?key=s3cret", "https://hooks.example/…"],
    ["amqp://me:pass@queue/s3cret", "amqp://queue/…"],
    ["no URL", "no URL"],
  ])("has of the destination %s only the server, as %s", (knativeerrordest, shown) => {
    expect(viewDeadLetter(deadLetterOf(eventOf({ knativeerrordest }), NOW), []).destination).toBe(shown);
  });

  it("has null for unknown facts, and the event without what was added on its way", () => {
    const added = { knativearrivaltime: "2026-01-02T03:04:05Z", knativebrokerttl: "254", pulsearrival: "any" };
    const event = eventOf({ ...added, health: "up" });
    expect(viewDeadLetter(deadLetterOf(event, NOW), [])).toEqual({
      id: expect.any(String),
      reason: "timeout",
      code: null,
      destination: null,
      detail: null,
      time: "2026-01-02T03:04:05.678Z",
      services: [],
      faults: [],
      event: { specversion: "1.0", id: "1", source: "/shop", type: "any.type", health: "up" },
    });
  });
});

describe("an event that is replayed", () => {
  const broken = eventOf(
    {
      knativeerrordest: "http://a/",
      knativeerrorcode: "400",
      knativeerrordata: "",
      knativearrivaltime: "2026-01-02T03:04:05Z",
      knativebrokerttl: "254",
      partitionkey: "shop",
    },
    { datacontenttype: "text/plain", data: { kind: "bytes", bytes: Buffer.from("{") } },
  );

  it("keeps its identity and its data, and goes without what the broker added", () => {
    const extensions = { partitionkey: "shop", pulsearrival: "2026-01-02T03:04:05.000Z" };
    expect(asReplayed(broken, undefined)).toEqual({ ...broken, extensions });
    expect(broken.extensions.knativeerrorcode).toBe("400");
  });

  it("keeps its first arrival through replays that fail, and no arrival is its time", () => {
    const again = asReplayed(broken, undefined);
    again.extensions.knativearrivaltime = "2026-01-09T03:04:05Z";
    expect(asReplayed(again, undefined)).toEqual(asReplayed(broken, undefined));
    expect(asReplayed(eventOf(), undefined)).toEqual(eventOf());
  });

  it("keeps its own time", () => {
    const time = "2020-01-01T00:00:00Z";
    expect(asReplayed({ ...broken, time }, undefined).time).toBe(time);
  });

  it("takes corrected data, as JSON", () => {
    expect(asReplayed(broken, "{}")).toMatchObject({
      id: "1",
      extensions: { partitionkey: "shop", pulsearrival: "2026-01-02T03:04:05.000Z", pulsecorrected: "true" },
      datacontenttype: "application/json",
      data: { kind: "bytes", bytes: Buffer.from("{}") },
    });
  });
});

describe("the services of an event", () => {
  const bytes = (text: string): Partial<CloudEvent> => ({ data: { kind: "bytes", bytes: Buffer.from(text) } });

  it("are those that its attributes and its data name", () => {
    const event = eventOf({ partitionkey: "b" }, { subject: "a", ...bytes('{"service_name":"c"}') });
    expect([...servicesOf(event)]).toEqual(["a", "b", "c"]);
    const many = eventOf({}, bytes('{"pulses":[{"service_name":"d"},{"service_name":1},null,{"service_name":"e"}]}'));
    expect([...servicesOf(many)]).toEqual(["d", "e"]);
  });

  it.each(["", "{", "null", "[]", '"text"', '{"pulses":{}}', '{"service_name":null}'])("are none in %s", (text) => {
    expect(servicesOf(eventOf({}, bytes(text))).size).toBe(0);
  });
});
