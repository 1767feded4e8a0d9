import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import { decodeEvents, encodeBinary, toStructured } from "./http-binding.ts";
import { readRoughEvent } from "./rough-event.ts";

const HEADERS = {
  "ce-specversion": "1.0",
  "ce-id": "order%2F1",
  "ce-source": "/shop/eu%20west",
  "ce-type": "t",
  "ce-time": "2026-11-30T10:00:00Z",
  "ce-subject": "caf%C3%A9",
  "ce-region": "a%20b",
  "content-type": "application/json",
};
const read = (headers: IncomingHttpHeaders, body = "{}") =>
  readRoughEvent({ ...HEADERS, ...headers }, Buffer.from(body));

describe("an event that is read as it came", () => {
  it("is the event of the strict reading where nothing is wrong", () => {
    const strict = decodeEvents("binary", HEADERS, Buffer.from("{}"));
    expect(strict.ok && read({})).toEqual(strict.ok && strict.value[0]);
  });

  it.each<IncomingHttpHeaders>([
    { "ce-specversion": "0.3" },
    { "ce-time": "yesterday%0D%0Ax: y" },
    { "ce-region": "%FF" },
    { "ce-a-b": "1" },
    { "ce-subject": "\xff" },
    { "content-type": "json" },
    { "content-type": "text/plain; \xe9" },
  ])("keeps %j, and leaves again with it, in headers that can be sent", (header) => {
    expect(decodeEvents("binary", { ...HEADERS, ...header }, Buffer.from("{}"))).toMatchObject({ ok: false });
    const event = read(header);
    const { headers } = encodeBinary(event as NonNullable<typeof event>);
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\t -~\x80-\xff]*$/);
    expect(readRoughEvent(headers, Buffer.from("{}"))).toEqual(event);
  });

  it("says its version where it is another one", () => {
    const event = read({ "ce-specversion": "0.3" });
    expect(toStructured(event as NonNullable<typeof event>)).toMatchObject({ specversion: "0.3", data: {} });
  });

  it("keeps its data, whatever its headers are named", () => {
    const event = read({ "ce-data": "x", "ce-datacontenttype": "y/z" }, '{"a":1}');
    expect(toStructured(event as NonNullable<typeof event>)).toMatchObject({
      datacontenttype: "application/json",
      data: { a: 1 },
    });
  });

  it.each(["ce-id", "ce-source", "ce-type"])("is none without %s", (name) => {
    expect(read({ [name]: undefined })).toBeUndefined();
    expect(read({ [name]: "" })).toBeUndefined();
  });
});
