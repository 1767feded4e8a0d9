import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import type { CloudEvent } from "./cloud-event.ts";
import type { Parsed } from "./fault.ts";
import { decodeEvents, type EventMode, eventModeOf, isForeignFormat, toStructured } from "./http-binding.ts";
import { ENVELOPE, only, pointersOf, structured } from "./testing/decoded-events.ts";

const HEADERS = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/test", "ce-type": "test" };

function binary(headers: IncomingHttpHeaders = {}, body: string | Buffer = ""): Parsed<CloudEvent[]> {
  return decodeEvents("binary", { ...HEADERS, ...headers }, Buffer.from(body));
}

function batch(body: unknown): Parsed<CloudEvent[]> {
  return decodeEvents("batch", {}, Buffer.from(JSON.stringify(body)));
}

describe("the mode of a request", () => {
  it.each<[string | undefined, EventMode | undefined]>([
    ["application/cloudevents+json", "structured"],
    ["Application/CloudEvents+JSON; charset=UTF-8", "structured"],
    ["application/cloudevents+avro", "structured"],
    ["application/cloudevents", "structured"],
    ["application/cloudevents-batch+json", "batch"],
    [" APPLICATION/cloudevents-BATCH+json;charset=utf-8", "batch"],
    ["application/json", undefined],
    ["text/plain; x=application/cloudevents+json", undefined],
    [undefined, undefined],
  ])("follows the content type %j", (type, mode) => {
    expect(eventModeOf(type === undefined ? {} : { "content-type": type })).toBe(mode);
  });

  it.each(Object.keys(HEADERS))("is binary with the header %s alone", (header) => {
    expect(eventModeOf({ "content-type": "application/json", [header]: "" })).toBe("binary");
  });

  it("is structured for a structured body beside an event's headers", () => {
    expect(eventModeOf({ "content-type": "application/cloudevents+json", ...HEADERS })).toBe("structured");
  });

  it("is absent for an extension's header alone", () => {
    expect(eventModeOf({ "ce-subject": "a" })).toBeUndefined();
  });
});

describe("a foreign format", () => {
  it.each([
    ["application/cloudevents+avro", "structured"],
    ["application/cloudevents", "structured"],
    ["application/cloudevents-batch+xml", "batch"],
    ["application/cloudevents-batch", "batch"],
    ["application/cloudevents+json; charset=iso-8859-1", "structured"],
    ['application/json; charset="UTF-16"', undefined],
    ["application/json;charset=latin1", "binary"],
  ] as const)("is %j", (type, mode) => {
    expect(isForeignFormat({ "content-type": type }, mode)).toBe(true);
  });

  it.each([
    ["application/cloudevents+json", "structured"],
    ["APPLICATION/CloudEvents+JSON ; Charset=UTF-8", "structured"],
    ['application/cloudevents-batch+json;charset="utf-8"', "batch"],
    ["application/json; charset=UTF8", undefined],
    ["text/plain; charset=US-ASCII", "binary"],
    ["application/json", undefined],
    ["image/png", "binary"],
    [undefined, undefined],
  ] as const)("is not %j", (type, mode) => {
    expect(isForeignFormat(type === undefined ? {} : { "content-type": type }, mode)).toBe(false);
  });

  it("is a compressed body", () => {
    expect(isForeignFormat({ "content-encoding": "gzip", "content-type": "application/json" }, undefined)).toBe(true);
    for (const nothing of ["identity", "Identity", "", " "]) {
      expect(isForeignFormat({ "content-encoding": nothing }, undefined)).toBe(false);
    }
  });
});

describe("an event in binary mode", () => {
  it("has its attributes in headers and its bytes as the body", () => {
    const headers = {
      "content-type": "Application/JSON; charset=UTF-8",
      "ce-time": "2026-03-01T12:00:00+01:00",
      "ce-subject": "checkout",
      "ce-dataschema": "https://example.com/schema",
      "ce-partitionkey": "checkout",
      "ce-sequence": "42",
      host: "localhost",
    };
    expect(only(binary(headers, '{"a":1}'))).toEqual({
      id: "1",
      source: "/test",
      type: "test",
      time: "2026-03-01T12:00:00+01:00",
      subject: "checkout",
      datacontenttype: "Application/JSON; charset=UTF-8",
      dataschema: "https://example.com/schema",
      extensions: { partitionkey: "checkout", sequence: "42" },
      data: { kind: "bytes", bytes: Buffer.from('{"a":1}') },
    });
  });

  it("has no data when the body is empty", () => {
    expect(only(binary()).data).toEqual({ kind: "none" });
  });

  it.each([
    ["plain", "plain"],
    ["Gr%C3%BC%C3%9Fe%20%F0%9F%92%93", "Grüße 💓"],
    ["a%2525b", "a%25b"],
    ["%c3%bc", "ü"],
    ["100%", "100%"],
    ["50%zz%41", "50%zzA"],
    ['"with blank"', "with blank"],
    ['"a \\"quote\\" and \\\\"', 'a "quote" and \\'],
    ['"%22"', '"'],
    ['"', '"'],
    ['""', ""],
    ['a"b', 'a"b'],
    [Buffer.from("Grüße").toString("latin1"), "Grüße"],
    [`${Buffer.from("ü").toString("latin1")}%C3%BC`, "üü"],
  ])("has the header value %j decoded once", (raw, value) => {
    expect(only(binary({ "ce-subject": raw })).subject).toBe(value);
  });

  it.each(["%ff", "a%C3", "%ED%A0%80", "%C0%AF", "\u00fc", '"\u00ff"'])("is refused for %j, invalid UTF-8", (raw) => {
    expect(pointersOf(binary({ "ce-subject": raw }))).toEqual(["/subject"]);
  });

  it("has its identity checked after decoding", () => {
    expect(pointersOf(binary({ "ce-id": '""' }))).toEqual(["/id"]);
    expect(pointersOf(binary({ "ce-source": '"a b"' }))).toEqual(["/source"]);
  });

  // [the header, what it means]: most SDKs, and Knative's broker, write a percent sign as it is.
  it.each([
    ["a%25b", "a%b"],
    ["a%20b", "a b"],
    ["%e2%82%ac", "€"],
    ["order/1", "order/1"],
    ["order%2F1", "order%2F1"],
    ["order%252F1", "order%2F1"],
    ["100%", "100%"],
    ["%FF", "%FF"],
    [`${Buffer.from("ü").toString("latin1")}%20`, "ü%20"],
    ['"order%2F1"', "order/1"],
  ])("has the id %j decoded only where the binding encodes", (raw, id) => {
    expect(only(binary({ "ce-id": raw })).id).toBe(id);
  });

  it.each([
    ["/shop/eu%20west", "/shop/eu%20west"],
    ["/shop/eu%2520west", "/shop/eu%20west"],
    ["/shop/%7Bid%7D", "/shop/%7Bid%7D"],
    ["/caf%C3%A9", "/café"],
    ['"/shop/eu%20west"', "/shop/eu%20west"],
  ])("has the source %j, and a decoded one only if it is a URI reference", (raw, source) => {
    expect(only(binary({ "ce-source": raw })).source).toBe(source);
  });

  it.each(["id", "source", "type", "specversion"])("names %s once when its bytes are no UTF-8", (name) => {
    expect(pointersOf(binary({ [`ce-${name}`]: "caf\u00e9" }))).toEqual([`/${name}`]);
  });

  it("has the one value of a repeated header, and is refused for different values", () => {
    const repeat = (...values: string[]) => {
      const headers = { ...HEADERS, "ce-id": values.join(", ") };
      const rawHeaders = values.flatMap((value) => ["Ce-Id", value]);
      return decodeEvents("binary", headers, Buffer.alloc(0), ["Host", "a, b", ...rawHeaders]);
    };
    expect(only(repeat("one", "one")).id).toBe("one");
    expect(only(repeat("one, two")).id).toBe("one, two");
    expect(only(repeat("one, two", "one, two")).id).toBe("one, two");
    expect(pointersOf(repeat("one", "two"))).toEqual(["/id"]);
    expect(pointersOf(repeat("one", "One"))).toEqual(["/id"]);
  });

  it.each(Object.keys(HEADERS))("is refused without the header %s", (header) => {
    const { [header]: _, ...headers } = HEADERS as Record<string, string>;
    const parsed = decodeEvents("binary", headers, Buffer.alloc(0));
    expect(pointersOf(parsed)).toEqual([`/${header.slice(3)}`]);
  });

  it("is refused for a bad time", () => {
    expect(pointersOf(binary({ "ce-time": "yesterday" }))).toEqual(["/time"]);
  });

  it("takes datacontenttype only from Content-Type", () => {
    expect(pointersOf(binary({ "ce-datacontenttype": "application/json" }))).toEqual(["/datacontenttype"]);
  });

  it.each(["ce-a-b", "ce-a_b", "ce-", "ce-data", "ce-__proto__"])(
    "is refused for the header %s, which is no attribute",
    (header) => {
      expect(pointersOf(binary({ [header]: "x" }))).toEqual([`/${header.slice(3)}`]);
    },
  );
});

describe("a batch", () => {
  it("may be empty", () => {
    expect(batch([])).toEqual({ ok: true, value: [] });
  });

  it("keeps its events in order", () => {
    const parsed = batch([ENVELOPE, { ...ENVELOPE, id: "2", data: 1 }]);
    expect(parsed.ok && parsed.value.map((event) => event.id)).toEqual(["1", "2"]);
  });

  it("is refused as a whole, with every fault at its place", () => {
    const parsed = batch([ENVELOPE, { ...ENVELOPE, id: "" }, 7, { ...ENVELOPE, time: "now", extra: {} }]);
    expect(pointersOf(parsed)).toEqual(["/1/id", "/2", "/3/extra", "/3/time"]);
  });

  it.each([ENVELOPE, null, "[]", 1])("is not %j", (body) => {
    expect(pointersOf(batch(body))).toEqual([""]);
  });
});

describe("the JSON format of an event", () => {
  it("carries JSON bytes as JSON and other bytes as base64", () => {
    const event = only(binary({ "content-type": "application/json", "ce-extra": "x" }, '{"a":[1]}'));
    expect(toStructured(event)).toEqual({
      ...ENVELOPE,
      datacontenttype: "application/json",
      extra: "x",
      data: { a: [1] },
    });
    const image = only(binary({ "content-type": "image/png" }, Buffer.from([137, 0])));
    expect(toStructured(image)).toEqual({ ...ENVELOPE, datacontenttype: "image/png", data_base64: "iQA=" });
    const broken = only(binary({ "content-type": "application/json" }, "{"));
    expect(toStructured(broken)).toMatchObject({ data_base64: "ew==" });
  });

  it("leaves out absent data", () => {
    expect(toStructured(only(structured()))).toEqual(ENVELOPE);
  });
});
