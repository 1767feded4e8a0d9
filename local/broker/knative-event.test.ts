import { describe, expect, it } from "vitest";
import { encodeBinary } from "../../events/http-binding.ts";
import { readKnativeEvent } from "./knative-event.ts";

const ATTRIBUTES = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t" };

function faultsOf(headers: Record<string, string>): string[] {
  const read = readKnativeEvent("binary", { ...ATTRIBUTES, ...headers }, Buffer.from("{}"));
  return read.ok ? [] : read.faults.map(({ pointer }) => pointer);
}

// test/knative has more cases, with the answers of Knative's own code.
describe("an event, as Knative reads it", () => {
  it.each([
    [{ "ce-id": " " }, "/id"],
    [{ "ce-type": " " }, "/type"],
    [{ "ce-subject": " " }, "/subject"],
    [{ "ce-time": "2026-01-02 03:04:05Z" }, "/time"],
    [{ "ce-time": "2016-12-31T23:59:60Z" }, "/time"],
    [{ "ce-dataschema": "/s" }, "/dataschema"],
    [{ "ce-source": "1a:b" }, "/source"],
    [{ "content-type": "application/json; a" }, "/datacontenttype"],
    [{ "content-type": "application/json; a=1; A=2" }, "/datacontenttype"],
  ])("with %j has one fault: %s", (headers, pointer) => {
    expect(faultsOf(headers)).toEqual([pointer]);
  });

  it.each([
    { "ce-time": "2026-01-02T03:04:05,5Z" },
    { "ce-source": "/a b" },
    { "content-type": 'application/json; a="b; c"; d=e;' },
  ])("may have %j", (headers) => {
    expect(faultsOf(headers)).toEqual([]);
  });

  it("is refused in no time for a content type of many blanks", () => {
    const startedAt = performance.now();
    expect(faultsOf({ "content-type": `a/b; c=d${" ".repeat(100_000)}!` })).toEqual(["/datacontenttype"]);
    expect(performance.now() - startedAt).toBeLessThan(2000); // by the square of the blanks it was 20 s
  });

  it("keeps a source in UTF-8 where something else of it is repaired", () => {
    const source = Buffer.from("/é/ü").toString("latin1");
    const headers = { "ce-specversion": "0.3", "ce-id": "1", "ce-source": source, "ce-type": "t" };
    const read = readKnativeEvent("binary", headers, Buffer.alloc(0));
    expect(read.ok && read.value.source).toBe("/é/ü");
  });

  it("is refused where it has two sources, which are not one with a blank in it", () => {
    const headers = { "ce-specversion": "0.3", "ce-id": "1", "ce-type": "t" };
    const rawHeaders = [...Object.entries(headers).flat(), "ce-source", "/a", "ce-source", "/b"];
    const read = readKnativeEvent("binary", { ...headers, "ce-source": "/a, /b" }, Buffer.alloc(0), rawHeaders);
    expect(read).toMatchObject({
      ok: false,
      faults: expect.arrayContaining([expect.objectContaining({ pointer: "/source" })]),
    });
  });

  it.each(["1e400", '{"a":[{"b":-1e999}]}'])(
    "is refused with the data %s, which would be null when it is written again",
    (data) => {
      const body = Buffer.from(`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${data}}`);
      expect(readKnativeEvent("structured", {}, body)).toMatchObject({ ok: false, faults: [{ pointer: "/data" }] });
      expect(readKnativeEvent("structured", {}, Buffer.from(body.toString().replace(/e\d+/, "e30")))).toMatchObject({
        ok: true,
      });
    },
  );

  it.each([
    ["a version 0.3", '"specversion":"0.3","source":"/s"'],
    ["a blank in the source", '"specversion":"1.0","source":"/a b"'],
    ["a comma in the time", '"specversion":"1.0","source":"/s","time":"2026-01-02T03:04:05,5Z"'],
  ])("is refused with such data beside %s, which is repaired", (_, attributes) => {
    const text = `{${attributes},"id":"1","type":"t","data":{"a":1e400}}`;
    expect(readKnativeEvent("structured", {}, Buffer.from(text))).toMatchObject({
      ok: false,
      faults: [{ pointer: "/data" }],
    });
    expect(readKnativeEvent("structured", {}, Buffer.from(text.replace("e400", "")))).toMatchObject({ ok: true });
  });

  it("of version 0.3 stays one", () => {
    const body = Buffer.from('{"specversion":"0.3","id":"1","source":"/s","type":"t","data":{"a":1}}');
    const read = readKnativeEvent("structured", {}, body);
    expect(read.ok && encodeBinary(read.value).headers["ce-specversion"]).toBe("0.3");
  });
});
