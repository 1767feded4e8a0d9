// What main.go runs through Knative's code, and local-broker.test.ts through the local broker. The answers are in
// recorded.json. To add a case, write it here and run `PULSE_RECORD=1 npx vitest run --config vitest.slow.config.ts test/knative`.
import type { DeliverySpec, TriggerSpec } from "../../events/triggers.ts";

export interface Message {
  method?: string;
  path?: string;
  headers: Record<string, string>;
  body: string;
}

/** A subscriber's answer. `hang` never answers, `cut` closes the connection. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  fault?: "hang" | "cut";
}

/** A request to a broker with one Trigger, whose subscriber gives one answer after the other, the last one for ever. */
export interface Exchange {
  name: string;
  trigger: TriggerSpec;
  request: Message;
  answers: Answer[];
}

const PATH = "/default/pulsemesh";
const TARGET = { uri: "http://target/in" };
const SINK = { uri: "http://dead-letters/" };
const ATTRIBUTES = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t" };
const JSON_TYPE = { "content-type": "application/json" };

type Headers = Record<string, string | undefined>;

function binary(headers: Headers = {}, body = "{}"): Message {
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
const INGRESS: Record<string, Message> = {
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
  "an arrival time of its own": binary({ "ce-knativearrivaltime": "2020-01-01T00:00:00Z" }),
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

const EVENT = { ...ATTRIBUTES, ...JSON_TYPE };
const reply = (headers: Headers = {}) => ({
  status: 200,
  headers: binary({ "ce-id": "r", "ce-source": "/r", "ce-type": "reply", ...headers }).headers,
  body: '{"r":1}',
});
const done: Answer = { status: 204 };

/** Answers of a subscriber behind a Trigger that retries once and has a dead-letter sink. */
const ANSWERS: Record<string, Answer[]> = {
  "200 with an empty body": [{ status: 200 }],
  "202 with an empty body": [{ status: 202 }],
  "200 with text": [{ status: 200, headers: { "content-type": "text/plain" }, body: "stored" }],
  "200 with JSON": [{ status: 200, headers: JSON_TYPE, body: "{}" }],
  "503 once": [{ status: 503 }, done],
  "503 with text": [{ status: 503, body: "away" }],
  "400 with text": [{ status: 400, body: "no pulse" }],
  "400 with an empty body": [{ status: 400 }],
  ...Object.fromEntries(
    [401, 403, 404, 408, 409, 410, 413, 415, 422, 429, 500, 502, 504].map((status) => [`${status}`, [{ status }]]),
  ),
  "a hang": [{ fault: "hang" }],
  "a hang once": [{ fault: "hang" }, done],
  "a cut connection once": [{ fault: "cut" }, done],
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [
      `${status} to elsewhere`,
      [{ status, headers: { location: "http://elsewhere/there" } }],
    ]),
  ),
  "302 without a location": [{ status: 302 }],
  "304": [{ status: 304 }],
  "300": [{ status: 300 }],
  "a reply": [reply(), done],
  "a structured reply": [
    {
      status: 200,
      headers: { "content-type": "application/cloudevents+json" },
      body: JSON.stringify({ specversion: "1.0", id: "r", source: "/r", type: "reply", data: { r: 1 } }),
    },
    done,
  ],
  "a reply with a hop limit of its own": [reply({ "ce-knativebrokerttl": "1" }), done],
  "a reply without an id": [reply({ "ce-id": undefined }), done],
  "a reply without a source": [reply({ "ce-source": undefined }), done],
  "a reply with a malformed time": [reply({ "ce-time": "yesterday" }), done],
  "a reply with a relative dataschema": [reply({ "ce-dataschema": "/s" }), done],
  "a reply with another specversion": [reply({ "ce-specversion": "2.0" }), done],
  "a structured reply that is malformed": [
    { status: 200, headers: { "content-type": "application/cloudevents+json" }, body: "{" },
    done,
  ],
  "a batch as a reply": [
    { status: 200, headers: { "content-type": "application/cloudevents-batch+json" }, body: "[]" },
    done,
  ],
  "a reply without data": [{ status: 200, headers: { ...EVENT, "ce-id": "r" } }, done],
};

const want: TriggerSpec = { broker: "pulsemesh", subscriber: TARGET };

const filtered = (filters: unknown): TriggerSpec => ({
  ...want,
  filters: filters as NonNullable<TriggerSpec["filters"]>,
});

/** Filters, asked about an event with the type t, the source /s, the subject a and the extension health=up. */
const FILTERS: Record<string, TriggerSpec> = {
  "no filters": want,
  "an empty list": filtered([]),
  exact: filtered([{ exact: { type: "t" } }]),
  "exact, another value": filtered([{ exact: { type: "T" } }]),
  "exact, an absent extension": filtered([{ exact: { region: "x" } }]),
  "exact, specversion": filtered([{ exact: { specversion: "1.0" } }]),
  "exact, an absent subject": filtered([{ exact: { dataschema: "x" } }]),
  "exact of two": filtered([{ exact: { type: "t", health: "down" } }]),
  prefix: filtered([{ prefix: { source: "/" } }]),
  suffix: filtered([{ suffix: { health: "p" } }]),
  all: filtered([{ all: [{ exact: { type: "t" } }, { prefix: { health: "d" } }] }]),
  any: filtered([{ any: [{ exact: { type: "x" } }, { prefix: { health: "u" } }] }]),
  not: filtered([{ not: { exact: { region: "x" } } }]),
  "two items": filtered([{ exact: { type: "t" } }, { exact: { health: "down" } }]),
  "an empty value": filtered([{ prefix: { subject: "" } }]),
  "an empty any": filtered([{ any: [] }]),
  "an empty all": filtered([{ all: [] }]),
  "an empty exact": filtered([{ exact: {} }]),
  "two dialects in one item": filtered([{ exact: { type: "t" }, prefix: { type: "t" } }]),
  "an attribute in capitals": filtered([{ exact: { Type: "t" } }]),
  cesql: filtered([{ cesql: "type = 't'" }]),
  "the older form": { ...want, filter: { attributes: { type: "t", health: "" } } },
  "the older form, an absent attribute": { ...want, filter: { attributes: { region: "" } } },
  "both forms": { ...want, filters: [{ exact: { type: "t" } }], filter: { attributes: { type: "x" } } },
};

/** Delivery specs, and how they retry. */
export const POLICIES: Record<string, DeliverySpec> = {
  nothing: {},
  "only a dead-letter sink": { deadLetterSink: SINK },
  "only retry": { retry: 3 },
  "retry and a policy": { retry: 3, backoffPolicy: "exponential" },
  "retry and a delay": { retry: 3, backoffDelay: "PT1S" },
  "a delay without retry": { backoffPolicy: "linear", backoffDelay: "PT1S" },
  exponential: { retry: 3, backoffPolicy: "exponential", backoffDelay: "PT0.2S" },
  linear: { retry: 3, backoffPolicy: "linear", backoffDelay: "PT1S" },
  "two decimals": { retry: 3, backoffPolicy: "exponential", backoffDelay: "PT0.25S" },
  "less than one decimal": { retry: 3, backoffPolicy: "exponential", backoffDelay: "PT0.05S" },
  "a comma": { retry: 3, backoffPolicy: "exponential", backoffDelay: "PT0,2S" },
  "no retry": { retry: 0, backoffPolicy: "exponential", backoffDelay: "PT1S" },
  "a negative retry": { retry: -1 },
  "an unknown policy": { retry: 1, backoffPolicy: "random" as never, backoffDelay: "PT1S" },
  "an empty delay": { retry: 1, backoffDelay: "" },
  "a timeout": { timeout: "PT30S" },
  "a timeout in minutes": { timeout: "PT1M30S" },
  "a timeout in fractions of a minute": { timeout: "PT0.5M" },
  "a timeout in weeks": { timeout: "P1W" },
  "a timeout with two decimals": { timeout: "PT1.29S" },
  "a timeout of zero": { timeout: "PT0S" },
  "a timeout below one decimal": { timeout: "PT0.05S" },
  "a timeout that is no duration": { timeout: "30s" },
  "a bare P": { timeout: "P" },
  "a bare PT": { timeout: "PT" },
  "a delay of a negative second": { retry: 1, backoffPolicy: "linear", backoffDelay: "-PT1S" },
  "a format": { format: "json" } as DeliverySpec,
  retryAfterMax: { retryAfterMax: "PT5S" } as DeliverySpec,
};

const RETRY_ONCE: DeliverySpec = {
  retry: 1,
  backoffPolicy: "linear",
  backoffDelay: "PT0.1S",
  timeout: "PT0.3S",
  deadLetterSink: SINK,
};

const exchange = (name: string, request: Message, trigger: TriggerSpec = want, answers: Answer[] = []): Exchange => ({
  name,
  trigger,
  request,
  answers,
});

export const EXCHANGES: readonly Exchange[] = [
  ...Object.entries(INGRESS).map(([name, request]) => exchange(`ingress: ${name}`, request)),
  ...Object.entries(ANSWERS).map(([name, answers]) =>
    exchange(`answer: ${name}`, binary(), { ...want, delivery: RETRY_ONCE }, answers),
  ),
  ...Object.entries(FILTERS).map(([name, trigger]) =>
    exchange(`filter: ${name}`, binary({ "ce-health": "up", "ce-subject": "a" }), trigger),
  ),
  exchange(
    "answer: a reply when no hops are left",
    binary({ "ce-knativebrokerttl": "2" }),
    { ...want, delivery: RETRY_ONCE },
    [reply(), done],
  ),
  exchange(
    "answer: 503 behind a Trigger with only a dead-letter sink",
    binary(),
    { ...want, delivery: { deadLetterSink: SINK } },
    [{ status: 503, body: "away" }],
  ),
  exchange("delivery: format json", binary(), { ...want, delivery: { format: "json" } as DeliverySpec }),
  exchange("delivery: a timeout of zero", binary(), { ...want, delivery: { timeout: "PT0S" } }),
  exchange("delivery: retryAfterMax", binary(), { ...want, delivery: { retryAfterMax: "PT5S" } as DeliverySpec }),
];
