import { describe, expect, it } from "vitest";
import {
  bytesOf,
  type CloudEvent,
  type EventData,
  isCrowded,
  isJsonType,
  jsonOf,
  MAX_DEPTH,
  mediaTypeOf,
  parseJson,
} from "./cloud-event.ts";

function eventWith(data: EventData, datacontenttype?: string): CloudEvent {
  const event: CloudEvent = { id: "1", source: "/test", type: "test", extensions: {}, data };
  return datacontenttype === undefined ? event : { ...event, datacontenttype };
}

describe("isJsonType", () => {
  it.each([
    undefined,
    "application/json",
    "Application/JSON; charset=UTF-8",
    "application/vnd.x+json",
    "text/x+JSON ;a=b",
    "text/json",
    "model/json; a=b",
  ])("takes %j for JSON", (type) => {
    expect(isJsonType(type)).toBe(true);
  });

  it.each(["", "text/plain", "application/xml", "application/json-seq", "text/json2", "a/b; x=application/json"])(
    "does not take %j for JSON",
    (type) => {
      expect(isJsonType(type)).toBe(false);
    },
  );
});

describe("mediaTypeOf", () => {
  it("drops parameters, blanks and letter case", () => {
    expect(mediaTypeOf(" Text/Plain ; Charset=UTF-8")).toBe("text/plain");
    expect(mediaTypeOf("TEXT/plain")).toBe("text/plain");
    expect(mediaTypeOf(undefined)).toBe("");
  });
});

describe("parseJson", () => {
  it("reads UTF-8", () => {
    expect(parseJson(Buffer.from('{"name":"Grüße 💓"}'), "")).toEqual({ ok: true, value: { name: "Grüße 💓" } });
  });

  it("refuses bytes that are not UTF-8 instead of replacing them", () => {
    expect(parseJson(Buffer.from([0x22, 0xff, 0x22]), "/data")).toEqual({
      ok: false,
      faults: [{ pointer: "/data", rule: "Expected JSON in UTF-8", got: "string" }],
    });
  });

  it("names the place of a fault and quotes nothing of the text", () => {
    const parsed = parseJson(Buffer.from('{"user":"a" "password":"hunter2"}'), "");
    expect(parsed).toMatchObject({ ok: false, faults: [{ pointer: "", got: "string" }] });
    expect(JSON.stringify(parsed)).toMatch(/Expected valid JSON \(fault at character 12\)/);
    expect(JSON.stringify(parsed)).not.toContain("hunter2");
  });

  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

  it.each([
    ["arrays", nested(MAX_DEPTH), nested(MAX_DEPTH + 1)],
    ["objects", `${'{"a":'.repeat(MAX_DEPTH)}1${"}".repeat(MAX_DEPTH)}`, `${'{"a":'.repeat(99)}1${"}".repeat(99)}`],
    [
      "arrays far inside",
      `[${"[1],".repeat(500)}${nested(MAX_DEPTH - 1)}]`,
      `[${"[1],".repeat(500)}${nested(MAX_DEPTH)},1]`,
    ],
    ["very many", nested(1), nested(100_000)],
  ])("refuses more levels than the limit, and names it: %s", (_, good, deep) => {
    expect(parseJson(Buffer.from(good), "").ok).toBe(true);
    expect(parseJson(Buffer.from(deep), "/data")).toMatchObject({
      ok: false,
      faults: [{ pointer: "/data", rule: expect.stringContaining(`at most ${MAX_DEPTH} levels`) }],
    });
  });

  it("takes any number of brackets beside one another or in texts", () => {
    const wide = JSON.stringify([new Array(1000).fill([{}]), "[{".repeat(1000)]);
    expect(parseJson(Buffer.from(wide), "")).toEqual({ ok: true, value: JSON.parse(wide) });
  });

  it("refuses an empty text", () => {
    expect(parseJson(Buffer.alloc(0), "")).toMatchObject({ ok: false, faults: [{ rule: "Expected valid JSON" }] });
  });
});

describe("an event's data", () => {
  it("is the JSON from its envelope, where a string stays a string", () => {
    expect(jsonOf(eventWith({ kind: "json", value: '{"a":1}' }))).toEqual({ ok: true, value: '{"a":1}' });
  });

  it("is parsed when it came as bytes", () => {
    expect(jsonOf(eventWith({ kind: "bytes", bytes: Buffer.from("[1]") }))).toEqual({ ok: true, value: [1] });
    expect(jsonOf(eventWith({ kind: "bytes", bytes: Buffer.from("[1") }))).toMatchObject({
      ok: false,
      faults: [{ pointer: "/data" }],
    });
  });

  it("is a fault when it is absent", () => {
    expect(jsonOf(eventWith({ kind: "none" }), "/3/data")).toEqual({
      ok: false,
      faults: [{ pointer: "/3/data", rule: "Expected data", got: "absent" }],
    });
  });

  it.each<[string, EventData, string | undefined, string]>([
    ["none", { kind: "none" }, undefined, ""],
    ["bytes as they are", { kind: "bytes", bytes: Buffer.from("x") }, "application/json", "x"],
    ["JSON", { kind: "json", value: { a: 1 } }, undefined, '{"a":1}'],
    ["a string under a JSON type, quoted", { kind: "json", value: "a" }, "application/json", '"a"'],
    ["a string under a text type, bare", { kind: "json", value: "a" }, "text/plain", "a"],
    ["an object under a text type", { kind: "json", value: [1] }, "text/plain", "[1]"],
  ])("becomes the bytes of a binary message: %s", (_, data, type, bytes) => {
    expect(bytesOf(eventWith(data, type)).toString()).toBe(bytes);
  });
});

describe("large JSON", () => {
  const MIB = 1024 * 1024;
  const fill = (unit: string, separator = ",") =>
    Buffer.from(`[${new Array(Math.floor(MIB / (unit.length + separator.length))).fill(unit).join(separator)}]`);
  const least = '{"service_name":"a","latency_ms":1,"status":"b","metadata":{}}';

  it.each([
    ["empty objects", fill("{}")],
    ["empty arrays", fill("[]")],
    ["nested arrays", Buffer.from("[".repeat(MIB / 2) + "]".repeat(MIB / 2))],
    ["objects of one key", fill('{"a":1}')],
    ["lines of empty objects", fill("{}", "\n")],
    ["empty objects after half a string in a line before", Buffer.concat([Buffer.from('{"\n'), fill("{}")])],
  ])("of %s is refused before it is parsed", (_, bytes) => {
    expect(isCrowded(bytes)).toBe(true);
    expect(parseJson(bytes, "/data")).toMatchObject({ ok: false, faults: [{ pointer: "/data" }] });
  });

  it.each([
    ["the least pulses there can be", fill(least)],
    ["lines of the least pulses", fill(least, "\n")],
    ["pulses with brackets in their text", fill(JSON.stringify({ ...JSON.parse(least), status: '[{"{[\\[{[{' }))],
    ["numbers", fill("0")],
  ])("of %s is not", (_, bytes) => {
    expect(isCrowded(bytes)).toBe(false);
  });

  it("is the only JSON that is counted: a small body may hold any parts", () => {
    expect(parseJson(Buffer.from(`[${new Array(1000).fill("{}").join(",")}]`), "").ok).toBe(true);
  });
});
