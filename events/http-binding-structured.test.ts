import { describe, expect, it } from "vitest";
import { decodeEvents } from "./http-binding.ts";
import { ENVELOPE, only, pointersOf, structured } from "./testing/decoded-events.ts";

describe("an event in structured mode", () => {
  it("has everything in its body; the headers do not count", () => {
    const body = Buffer.from(JSON.stringify({ ...ENVELOPE, subject: "body", data: { a: 1 } }));
    const headers = { "ce-specversion": "1.0", "ce-id": "header", "ce-subject": "header", "ce-extra": "header" };
    expect(only(decodeEvents("structured", headers, body))).toEqual({
      id: "1",
      source: "/test",
      type: "test",
      subject: "body",
      extensions: {},
      data: { kind: "json", value: { a: 1 } },
    });
  });

  it("takes null for absent", () => {
    const members = { time: null, subject: null, datacontenttype: null, extra: null, data: null, data_base64: null };
    expect(only(structured(members))).toEqual({
      id: "1",
      source: "/test",
      type: "test",
      extensions: {},
      data: { kind: "none" },
    });
    expect(pointersOf(structured({ id: null, type: null }))).toEqual(["/id", "/type"]);
  });

  it.each([0, false, "", [], {}, '{"a":1}', "[1]"])("keeps the data %j as it is", (data) => {
    expect(only(structured({ data })).data).toEqual({ kind: "json", value: data });
  });

  it("turns data_base64 into bytes", () => {
    const bytes = Buffer.from([0, 255, 254, 10]);
    expect(only(structured({ data_base64: bytes.toString("base64") })).data).toEqual({ kind: "bytes", bytes });
    expect(only(structured({ data_base64: "" })).data).toEqual({ kind: "bytes", bytes: Buffer.alloc(0) });
    expect(only(structured({ data_base64: "AA==", data: null })).data).toMatchObject({ kind: "bytes" });
  });

  it("takes large data in base64", () => {
    const bytes = Buffer.alloc(12_000_000, 7);
    const { data } = only(structured({ data_base64: bytes.toString("base64") }));
    expect(data.kind === "bytes" && data.bytes.equals(bytes)).toBe(true);
  });

  it.each(["A", "AA", "AA=A", "A===", "AA==\n", "A-_A", "=AAA", 12, {}])("refuses data_base64 %j", (text) => {
    expect(pointersOf(structured({ data_base64: text }))).toEqual(["/data_base64"]);
  });

  it("refuses data beside data_base64, in either order", () => {
    expect(pointersOf(structured({ data: 1, data_base64: "AA==" }))).toEqual(["/data_base64"]);
    expect(pointersOf(structured({ data_base64: "AA==", data: false }))).toEqual(["/data_base64"]);
  });

  it.each(["__proto__", "Name", "a b", ""])(
    "refuses the attribute %j, which is no name, and does not drop it",
    (name) => {
      const members = Object.fromEntries([[name, "x"]]);
      expect(pointersOf(structured(members))).toEqual([`/${name}`]);
      expect(pointersOf(structured(Object.fromEntries([[name, 1.5]])))).toEqual([`/${name}`]);
    },
  );

  it("has extensions that are strings, integers and booleans", () => {
    const { extensions } = only(structured({ text: "a", whole: -(2 ** 31), yes: true, no: false, zero: 0, empty: "" }));
    expect(extensions).toEqual({ text: "a", whole: "-2147483648", yes: "true", no: "false", zero: "0", empty: "" });
  });

  it.each([
    [{ extra: 1.5 }, "/extra"],
    [{ extra: 1e21 }, "/extra"],
    [{ extra: 2 ** 31 }, "/extra"],
    [{ extra: -(2 ** 31) - 1 }, "/extra"],
    [{ extra: {} }, "/extra"],
    [{ extra: ["a"] }, "/extra"],
    [{ Extra: "a" }, "/Extra"],
    [{ "a/b": "a" }, "/a~1b"],
    [{ extra: "\ud800" }, "/extra"],
    [{ subject: 1 }, "/subject"],
    [{ time: true }, "/time"],
    [{ datacontenttype: "application/json;\r\nx-smuggled: 1" }, "/datacontenttype"],
    [{ datacontenttype: "json" }, "/datacontenttype"],
    [{ datacontenttype: "text/plain; name=ü" }, "/datacontenttype"],
  ])("refuses %j", (members, pointer) => {
    expect(pointersOf(structured(members))).toEqual([pointer]);
  });

  it.each(["[]", "null", "1", '"text"'])("refuses the body %s", (body) => {
    expect(pointersOf(decodeEvents("structured", {}, Buffer.from(body)))).toEqual([""]);
  });

  it.each([Buffer.from("{"), Buffer.alloc(0), Buffer.from([0x22, 0xc3, 0x22])])(
    "refuses a body that is no JSON",
    (body) => {
      expect(pointersOf(decodeEvents("structured", {}, body))).toEqual([""]);
    },
  );
});

describe("the required attributes", () => {
  const bad = { specversion: ["", "0.3", "1"], id: [""], source: ["", "a b", "a\n", "\ud800"], type: [""] };
  for (const [name, values] of Object.entries(bad)) {
    it(`refuse an event without ${name}`, () => {
      expect(pointersOf(structured({ [name]: undefined }))).toEqual([`/${name}`]);
    });

    it.each(values)(`refuse ${name} %j`, (value) => {
      expect(pointersOf(structured({ [name]: value }))).toContain(`/${name}`);
    });
  }

  it("are all named at once", () => {
    expect(pointersOf(decodeEvents("structured", {}, Buffer.from("{}")))).toEqual([
      "/specversion",
      "/id",
      "/source",
      "/type",
    ]);
  });

  it("refuse an id that is not text, instead of repairing it", () => {
    expect(pointersOf(structured({ id: 7 }))).toContain("/id");
  });
});

describe("the time", () => {
  it.each(["yesterday", "2026-02-30T00:00:00Z", "2026-03-01T12:00:00", "", "1772368245000"])("refuses %j", (time) => {
    expect(pointersOf(structured({ time }))).toEqual(["/time"]);
  });

  it("keeps its form", () => {
    expect(only(structured({ time: "2026-03-01t12:00:00.123456z" })).time).toBe("2026-03-01t12:00:00.123456z");
  });
});
