// The requests of cases.ts: what a sender may hand to a broker.
export interface Message {
  method?: string;
  path?: string;
  headers: Record<string, string>;
  body: string;
}

const PATH = "/default/pulsemesh";
export const ATTRIBUTES = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t" };
export const JSON_TYPE = { "content-type": "application/json" };

export type Headers = Record<string, string | undefined>;

export function binary(headers: Headers = {}, body = "{}"): Message {
  const all = { ...ATTRIBUTES, ...JSON_TYPE, ...headers };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { method: "POST", path: PATH, headers: Object.fromEntries(given), body };
}

function structured(attributes: object = {}, contentType = "application/cloudevents+json"): Message {
  const event = { specversion: "1.0", id: "1", source: "/s", type: "t", ...attributes };
  return { method: "POST", path: PATH, headers: { "content-type": contentType }, body: JSON.stringify(event) };
}

const raw = (headers: Record<string, string>, body: string): Message => ({ method: "POST", path: PATH, headers, body });

/** Requests to a broker whose only Trigger wants everything. */
export const REQUESTS: Record<string, Message> = {
  "a binary event": binary({ "ce-health": "up", "ce-subject": "a" }),
  "a binary event without data": binary({ "content-type": undefined }, ""),
  "a binary event with text": binary({ "content-type": "text/plain; charset=utf-8" }, "hello"),
  "a structured event": structured({ datacontenttype: "application/json", data: { a: 1 } }),
  "a structured event without datacontenttype": structured({ data: { a: 1 } }),
  "a structured event without data": structured(),
  "a structured event with base64": structured({ datacontenttype: "text/plain", data_base64: "aGVsbG8=" }),
  "a structured event with text": structured({ datacontenttype: "text/plain", data: "hello" }),
  "a structured event with a JSON string": structured({ datacontenttype: "application/json", data: "hello" }),
  "a structured event with extensions of three kinds": structured({ a: "x", b: true, c: 7 }),
  "a structured event with an empty extension": structured({ a: "" }),
  "a structured event whose content type has a charset": structured(
    { data: 1 },
    "application/cloudevents+json; charset=UTF-8",
  ),
  "a structured event in capitals": structured({ data: 1 }, "Application/CloudEvents+JSON"),
  "a structured event with null attributes": structured({ subject: null, data: 1 }),
  "a batch": raw({ "content-type": "application/cloudevents-batch+json" }, "[]"),
  "no event": raw(JSON_TYPE, "{}"),
  "malformed JSON": raw({ "content-type": "application/cloudevents+json" }, "{"),
  "JSON that is no object": raw({ "content-type": "application/cloudevents+json" }, "[1]"),
  "a foreign event format": raw({ "content-type": "application/cloudevents+other" }, "x"),
  "no id": binary({ "ce-id": undefined }),
  "an empty id": structured({ id: "" }),
  "a blank id": structured({ id: " " }),
  "an id that is a number": structured({ id: 7 }),
  "no source": binary({ "ce-source": undefined }),
  "no type": binary({ "ce-type": undefined }),
  "no specversion": binary({ "ce-specversion": undefined }),
  "a structured event without specversion": structured({ specversion: undefined }),
  "specversion 0.3": binary({ "ce-specversion": "0.3" }),
  "specversion 0.3, structured": structured({ specversion: "0.3", data: { a: 1 } }),
  "specversion 2.0": binary({ "ce-specversion": "2.0" }),
  "a source with a blank": binary({ "ce-source": "/a b" }),
  "a structured source with a blank": structured({ source: "/a b" }),
  "a source with %20": binary({ "ce-source": "/a%20b" }),
  "a structured source with %20": structured({ source: "/a%20b" }),
  "a structured source with a letter outside ASCII": structured({ source: "/ü" }),
  "a structured source with a lone percent sign": structured({ source: "/a%b" }),
  "a source that is a URN": binary({ "ce-source": "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66" }),
  "a structured source whose first segment has a colon": structured({ source: "1a:b" }),
  "an id with %20": binary({ "ce-id": "a%20b" }),
  "a structured id with a blank": structured({ id: "a b" }),
  "a structured id with %20": structured({ id: "a%20b" }),
  "a subject with a blank": binary({ "ce-subject": "a b" }),
  "an empty subject": structured({ subject: "" }),
  "a blank subject": structured({ subject: " " }),
  "a time in UTC": binary({ "ce-time": "2026-01-02T03:04:05Z" }),
  "a time with fraction": binary({ "ce-time": "2026-01-02T03:04:05.120Z" }),
  "a time with nanoseconds": binary({ "ce-time": "2026-01-02T03:04:05.123456789Z" }),
  "a time with offset": binary({ "ce-time": "2026-01-02T03:04:05+02:00" }),
  "a time with a comma": binary({ "ce-time": "2026-01-02T03:04:05,5Z" }),
  "a time with a blank": binary({ "ce-time": "2026-01-02 03:04:05Z" }),
  "a time with lower-case t": binary({ "ce-time": "2026-01-02t03:04:05Z" }),
  "a time with lower-case z": binary({ "ce-time": "2026-01-02T03:04:05z" }),
  "a time with second 60": binary({ "ce-time": "2016-12-31T23:59:60Z" }),
  "a time with hour 24": binary({ "ce-time": "2026-01-02T24:00:00Z" }),
  "a time on 30 February": binary({ "ce-time": "2026-02-30T00:00:00Z" }),
  "a time without offset": binary({ "ce-time": "2026-01-02T03:04:05" }),
  "a time with an offset without colon": binary({ "ce-time": "2026-01-02T03:04:05+0200" }),
  "a time with offset 24:00": binary({ "ce-time": "2026-01-02T03:04:05+24:00" }),
  "a time with a one-digit hour": binary({ "ce-time": "2026-01-02T3:04:05Z" }),
  "an empty structured time": structured({ time: "" }),
  "a structured time that is a number": structured({ time: 1 }),
  "an absolute dataschema": binary({ "ce-dataschema": "http://x.test/s" }),
  "a relative dataschema": binary({ "ce-dataschema": "/s" }),
  "a structured relative dataschema": structured({ dataschema: "s.json" }),
  "a dataschema that is a URN": binary({ "ce-dataschema": "urn:x:y" }),
  "a content type without slash": binary({ "content-type": "json" }),
  "a content type with a malformed parameter": binary({ "content-type": "application/json; charset" }),
  "a content type with a repeated parameter": binary({ "content-type": "application/json; a=1; a=2" }),
  "a content type with a parameter without value": binary({ "content-type": "application/json; a=" }),
  "a content type that ends in a semicolon": binary({ "content-type": "application/json;" }),
  "a content type with a quoted parameter": binary({ "content-type": 'application/json; a="b c"' }),
  "a structured malformed datacontenttype": structured({ datacontenttype: "a/b; c", data_base64: "eA==" }),
  "an extension with an underscore": binary({ "ce-a_b": "x" }),
  "a structured extension with an underscore": structured({ a_b: "x" }),
  "a structured extension in capitals": structured({ aB: "x" }),
  "a structured extension that is an object": structured({ a: {} }),
  "a structured extension that is a fraction": structured({ a: 1.5 }),
  "a structured extension that is too large": structured({ a: 2147483648 }),
  "both data and data_base64": structured({ datacontenttype: "text/plain", data: "x", data_base64: "eQ==" }),
  "malformed base64": structured({ datacontenttype: "text/plain", data_base64: "a" }),
  "text data that is no string": structured({ datacontenttype: "text/plain", data: { a: 1 } }),
  "a used-up hop limit": binary({ "ce-knativebrokerttl": "1" }),
  "a hop limit of 2": binary({ "ce-knativebrokerttl": "2" }),
  "a hop limit that is no number": binary({ "ce-knativebrokerttl": "many" }),
  "an arrival time already": binary({ "ce-knativearrivaltime": "2020-01-01T00:00:00Z" }),
  "a path with a slash at the end": { ...binary(), path: `${PATH}/` },
  "a path with a query": { ...binary(), path: `${PATH}?a=b` },
  "a path with an empty query": { ...binary(), path: `${PATH}?` },
  "the root": { ...binary(), path: "/" },
  "a path that is too short": { ...binary(), path: "/default" },
  "a path that is too long": { ...binary(), path: `${PATH}/more` },
  "an unknown broker": { ...binary(), path: "/default/other" },
  "an unknown namespace": { ...binary(), path: "/other/pulsemesh" },
  GET: { method: "GET", path: PATH, headers: {}, body: "" },
  OPTIONS: { method: "OPTIONS", path: PATH, headers: {}, body: "" },
};
