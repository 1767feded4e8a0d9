// What main.go runs through Knative's code, and local-broker.test.ts through the local broker. The answers are in
// recorded.json. To add a case, write it here and run `PULSE_RECORD=1 npm run test:slow -- test/knative`.
import type { DeliverySpec, TriggerSpec } from "../../events/triggers.ts";
import { ATTRIBUTES, binary, type Headers, JSON_TYPE, type Message, REQUESTS } from "./requests.ts";

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

const TARGET = { uri: "http://target/in" };
const SINK = { uri: "http://dead-letters/" };
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
  "a reply with a hop limit": [reply({ "ce-knativebrokerttl": "1" }), done],
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
  ...Object.entries(REQUESTS).map(([name, request]) => exchange(`ingress: ${name}`, request)),
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
