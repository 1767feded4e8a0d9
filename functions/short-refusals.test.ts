// Knative copies an answer that refuses into the dead letter, in base64 and cut at 1,024 characters. So every answer of the
// two functions that a broker calls is short: each way to a refusal is here, with the longest text that it can have.
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { openRawConnection, rawRequest } from "../http/testing/raw-connection.ts";
import type { DeadLetter, WriteOutcome } from "../storage/ports.ts";
import { StoreError } from "../storage/store-error.ts";
import { MAX_REFUSAL_BYTES } from "./outcome-replies.ts";
import { createDeadLetterMetrics } from "./pulse-deadletter/dead-letter-metrics.ts";
import { createDeadLetter } from "./pulse-deadletter/handler.ts";
import { createPersist } from "./pulse-persist/handler.ts";
import { PersistMetrics } from "./pulse-persist/persist-metrics.ts";
import { type FunctionHost, openFunctionHost } from "./testing/function-host.ts";
import { OPEN_DOORS } from "./testing/open-doors.ts";

const LONG = "the node 10.0.0.1 said “overloaded”; ".repeat(200);
const LIMITS = { PULSE_MAX_BODY_BYTES: "65536", PULSE_MAX_READING_BYTES: "1048576", PULSE_REQUEST_TIMEOUT_MS: "500" };
const BINARY = { "ce-specversion": "1.0", "ce-source": "/shop", "ce-type": "dev.pulsemesh.pulse.v1" };
const MANY = { ...BINARY, "ce-id": "1", "ce-type": "dev.pulsemesh.pulses.v1" };
const PULSE = { service_name: "checkout", latency_ms: 1, status: "ok" };
const JSON_BODY = { "content-type": "application/json" };
const STRUCTURED = { "content-type": "application/cloudevents+json" };

/** What a store in trouble says of an event, by the event's id. */
function outcomeOf(id: string): WriteOutcome {
  if (id === "defect") throw new Error(LONG);
  if (id === "throws") throw new StoreError(LONG);
  if (id === "rejected") return { kind: "rejected", reason: LONG };
  return { kind: "retry", reason: LONG, retryAfterMs: 1000 };
}
const lifecycle = { check: () => Promise.reject(new Error(LONG)), close: async () => {} };

let queuedRows = 0;
const openPersist = () =>
  openFunctionHost(({ registry }) => {
    const write = async ([pulse]: readonly { id: string }[]) => outcomeOf(pulse?.id ?? "");
    const store = {
      ...lifecycle,
      write,
      get queuedRows() {
        return queuedRows;
      },
    };
    const metrics = new PersistMetrics([registry]);
    return createPersist({ store, metrics, retentionMs: DAY_MS, maxPulses: 1000, maxQueuedRows: 100 });
  }, LIMITS);

const openDeadLetter = () =>
  openFunctionHost(() => {
    const letter = { id: "a", event: { id: "refused" }, replayedAt: undefined } as unknown as DeadLetter;
    const store = {
      ...lifecycle,
      put: async ({ event }: DeadLetter) => outcomeOf(event.id),
      get: async (id: string) => {
        if (id.endsWith("a")) return undefined;
        if (id.endsWith("b")) throw new StoreError(LONG);
        const event = { id, source: "/shop", type: "t", extensions: {}, data: { kind: "none" as const } };
        return { ...letter, event, ...(id.endsWith("d") && { replayedAt: 1 }) };
      },
      list: async () => ({ ok: false as const, faults: [{ pointer: "/cursor", rule: LONG, got: "text" }] }),
      countWaiting: () => Promise.reject(new Error(LONG)),
      markReplayed: async () => {},
    };
    const broker = {
      send: async ({ id }: { id: string }) => ({
        kind: id.endsWith("e") ? ("refused" as const) : ("unavailable" as const),
        reason: LONG,
        uncertainTries: 0,
      }),
      close: async () => {},
    };
    return createDeadLetter({
      store,
      broker,
      metrics: createDeadLetterMetrics([new Registry()]),
      doors: OPEN_DOORS,
      retentionMs: DAY_MS,
      maxPulses: 1000,
    });
  }, LIMITS);

type Row = [name: string, status: number, line: string, headers?: Record<string, string>, body?: string];

const event = (id: string) => ({ ...BINARY, "ce-id": id });
const pulses = (...list: unknown[]) => JSON.stringify({ pulses: list });
const wide = (length: number) => "\u0001".repeat(length);

// What both functions refuse, before and while they read an event.
const SHARED: Row[] = [
  ["an unknown path", 404, "GET /nowhere"],
  ["a wrong method", 405, "DELETE /"],
  ["a long URL", 414, `POST /${"a".repeat(5000)}`],
  ["headers that are too large", 431, "POST /", { "x-large": "x".repeat(20_000) }],
  ["a body that is too large", 413, "POST /", event("1"), "x".repeat(70_000)],
  ["a body that never ends", 408, "POST /", { ...event("1"), "content-length": "10" }, "x"],
  ["an event without attributes", 400, "POST /", STRUCTURED, "{}"],
  ["attributes with long names", 400, "POST /", STRUCTURED, JSON.stringify({ [wide(4000)]: {}, [wide(4001)]: {} })],
  [
    "a thousand bad attributes",
    400,
    "POST /",
    STRUCTURED,
    JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`A${i}`, {}]))),
  ],
  ["malformed JSON", 400, "POST /", STRUCTURED, "{"],
  ["a store that rejects the event", 400, "POST /", event("rejected"), JSON.stringify(PULSE)],
  ["a store that is away", 503, "POST /", event("1"), JSON.stringify(PULSE)],
  ["readiness without the store", 503, "GET /health/ready"],
];

const PERSIST: Row[] = [
  ...SHARED,
  ["a header that is no UTF-8", 400, "POST /", { ...event("caf\u00e9"), [`ce-${"x".repeat(9000)}`]: "\u00e9" }, "{}"],
  ["no event", 415, "POST /", {}, JSON.stringify(PULSE)],
  ["an unknown type", 400, "POST /", { ...event("1"), "ce-type": "com.example" }, JSON.stringify(PULSE)],
  ["data as a string of JSON", 400, "POST /", event("1"), JSON.stringify(JSON.stringify(PULSE))],
  [
    "a thousand bad pulses",
    400,
    "POST /",
    MANY,
    pulses(...Array.from({ length: 1000 }, () => ({ ...PULSE, latency_ms: "1" }))),
  ],
  [
    "a pulse with a thousand unknown fields",
    400,
    "POST /",
    MANY,
    pulses(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field${i}`, 1]))),
  ],
  ["a long name of metadata", 400, "POST /", MANY, pulses({ ...PULSE, metadata: { [wide(9000)]: 1 } })],
  ["too many pulses", 400, "POST /", MANY, pulses(...new Array(1001).fill(1))],
  ["a defect", 500, "POST /", event("defect"), JSON.stringify(PULSE)],
];

const DEAD_LETTER: Row[] = [
  ...SHARED,
  ["no event", 400, "POST /", {}, JSON.stringify(PULSE)],
  ["a store that throws", 503, "POST /", event("throws"), JSON.stringify(PULSE)],
  [
    "a query with a thousand faults",
    400,
    `GET /dead-letters?${Array.from({ length: 700 }, (_, i) => `${i}=`).join("&")}`,
  ],
  ["a long name in a query", 400, `GET /dead-letters?${"%01".repeat(1000)}=1`],
  ["a cursor that is none", 400, "GET /dead-letters?cursor=x"],
  ["an unknown dead letter", 404, "GET /dead-letters/00000000000000000000000a"],
  ["a store that cannot be read", 503, "GET /dead-letters/00000000000000000000000b"],
  ["a correction that is no JSON", 400, "POST /dead-letters/00000000000000000000000c/replay", JSON_BODY, "{"],
  ["another replay", 409, "POST /dead-letters/00000000000000000000000d/replay"],
  ["a replay that the broker refuses", 422, "POST /dead-letters/00000000000000000000000e/replay"],
  ["a replay while the broker is away", 503, "POST /dead-letters/00000000000000000000000c/replay"],
  ["a replay of many with a body", 400, "POST /dead-letters/replay", JSON_BODY, "{}"],
  [
    "a correction that does not say that it is JSON",
    415,
    "POST /dead-letters/00000000000000000000000c/replay",
    { "content-type": "text/plain" },
    "{}",
  ],
  [
    "a replay that another host's page asks for",
    403,
    "POST /dead-letters/replay",
    { origin: "https://a-page-at-another-host-with-a-long-name.example" },
  ],
];

async function ask(host: FunctionHost, [, , line, headers = {}, body]: Row) {
  const connection = await openRawConnection(host.port);
  const length = { "content-length": String(Buffer.byteLength(body ?? "")) };
  connection.send(
    Buffer.from(
      rawRequest(line, { ...(body !== undefined && length), ...headers }, body === undefined ? undefined : ""),
      "latin1",
    ),
  );
  if (body !== undefined) connection.send(body);
  const answer = await connection.answer();
  connection.socket.destroy();
  return answer;
}

describe.each([
  ["pulse-persist", openPersist, PERSIST],
  ["pulse-deadletter", openDeadLetter, DEAD_LETTER],
] as const)("%s", (_, open, rows) => {
  let host: FunctionHost;
  beforeAll(async () => {
    host = await open();
  });
  afterAll(() => host.close());

  it.each(rows)("refuses %s with %i, in a document that Knative carries whole", async (...row) => {
    const answer = await ask(host, row);
    expect(answer.status).toBe(row[1]);
    expect(Buffer.byteLength(answer.body)).toBeLessThanOrEqual(MAX_REFUSAL_BYTES);
    expect(answer.json()).toMatchObject({ status: row[1], title: expect.any(String), detail: expect.any(String) });
    expect(Buffer.from(answer.body).toString("base64").length).toBeLessThanOrEqual(1024);
  });
});

it("pulse-persist refuses an event while too many rows wait, in a document as short", async () => {
  const host = await openPersist();
  queuedRows = 101;
  const answer = await ask(host, ["too many rows", 429, "POST /", event("1"), JSON.stringify(PULSE)]);
  await host.close();
  expect([answer.status, Buffer.byteLength(answer.body) <= MAX_REFUSAL_BYTES]).toEqual([429, true]);
});
