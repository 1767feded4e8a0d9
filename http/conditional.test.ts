import { gunzipSync } from "node:zlib";
import { pino } from "pino";
import { expect, it } from "vitest";
import { asPolled, isTaggedWith, takes } from "./conditional.ts";
import type { HttpRequest } from "./route.ts";

function requestWith(headers: HttpRequest["headers"]): HttpRequest {
  const log = pino({ level: "silent" });
  const query = new URLSearchParams();
  return {
    method: "GET",
    parameters: {},
    query,
    headers,
    rawHeaders: [],
    client: () => "",
    gone: () => new AbortController().signal,
    body: Buffer.alloc(0),
    log,
  };
}

it("compresses a long body for a client that takes gzip, under the tag of the plain body", async () => {
  const body = "pulse ".repeat(1000);
  const plain = await asPolled({ status: 200, body }, requestWith({}));
  const packed = await asPolled({ status: 200, body }, requestWith({ "accept-encoding": "br, gzip;q=0.5" }));
  expect(plain.body).toBe(body);
  expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
  expect(gunzipSync(packed.body as Buffer).toString()).toBe(body);
  expect(packed.headers?.etag).toBe(plain.headers?.etag);
  const short = await asPolled({ status: 200, body: "pulse" }, requestWith({ "accept-encoding": "gzip" }));
  expect(short.body).toBe("pulse");
});

it("answers 304 to a client that has the newest body", async () => {
  const { headers } = await asPolled({ status: 200, body: "a" }, requestWith({}));
  const again = await asPolled({ status: 200, body: "a" }, requestWith({ "if-none-match": headers?.etag }));
  expect(again).toEqual({ status: 304, headers });
  expect((await asPolled({ status: 200, body: "b" }, requestWith({ "if-none-match": headers?.etag }))).body).toBe("b");
});

it("leaves any other answer alone", async () => {
  const reply = { status: 503, body: "later" };
  expect(await asPolled(reply, requestWith({ "if-none-match": "*" }))).toBe(reply);
});

it.each([
  ["*", true],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", W/"a"', true],
  ['"b"', false],
  [undefined, false],
])("compares the tags %s weakly", (tags, isSame) => {
  expect(isTaggedWith(tags, 'W/"a"')).toBe(isSame);
});

it.each([
  ["gzip", true],
  ["br, GZIP", true],
  ["gzip;q=0.1", true],
  ["gzip;q=0", false],
  ["gzip; q=0.000", false],
  ["deflate", false],
  [undefined, false],
])("reads from Accept-Encoding %s whether gzip is taken", (header, isTaken) => {
  expect(takes(header, "gzip")).toBe(isTaken);
});
