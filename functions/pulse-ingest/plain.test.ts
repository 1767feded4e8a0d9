import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { openRawConnection } from "../../http/testing/raw-connection.ts";
import { type Broker, openBroker, pulsesIn } from "../testing/broker.ts";
import { type FunctionHost, openFunctionHost } from "../testing/function-host.ts";
import { compose } from "./compose.ts";

const broker: Broker = await openBroker();
const host: FunctionHost = await openFunctionHost(compose, { K_SINK: broker.url });
afterAll(async () => {
  await host.close();
  await broker.close();
});
beforeEach(() => {
  broker.received.length = 0;
});

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function pulse(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { service_name: "checkout", latency_ms: 12.5, status: "ok", ...fields };
}

function post(body: unknown, headers: Record<string, string> = {}, path = "/pulse"): Promise<Response> {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  return fetch(host.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: text as string,
  });
}

async function faultsOf(response: Response): Promise<{ pointer: string; rule: string; got: string }[]> {
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const { errors } = (await response.json()) as { errors: { pointer: string; rule: string; got: string }[] };
  return errors;
}

const pointersOf = async (response: Response) => (await faultsOf(response)).map(({ pointer }) => pointer);

describe("a plain request", () => {
  it.each(["/pulse", "/"])("with one pulse on %s is answered 202 with its id, and one event is sent", async (path) => {
    const before = Date.now();
    const response = await post(pulse({ metadata: { zone: "b" } }), {}, path);
    expect(response.status).toBe(202);
    expect(response.headers.get("content-type")).toBe("application/json");
    const { accepted, ids } = (await response.json()) as { accepted: number; ids: string[] };
    expect(accepted).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(broker.received).toHaveLength(1);
    expect(broker.received[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": ids[0],
      "ce-source": "/pulse",
      "ce-type": "dev.pulsemesh.pulse.v1",
      "ce-subject": "checkout",
      "ce-partitionkey": "checkout",
      "ce-health": "up",
    });
    const [sent] = pulsesIn(broker.received);
    expect(sent).toMatchObject({ service_name: "checkout", latency_ms: 12.5, status: "ok", metadata: { zone: "b" } });
    expect(sent?.event_time).toBeGreaterThanOrEqual(before);
    expect(sent?.event_time).toBeLessThanOrEqual(Date.now());
  });

  it("with an array answers every id in order, and its pulses travel in one event", async () => {
    const response = await post([pulse({ id: "a" }), pulse({ id: "b" }), pulse({ id: "c" })]);
    expect(await response.json()).toEqual({ accepted: 3, ids: ["a", "b", "c"] });
    expect(broker.received).toHaveLength(1);
    expect(broker.received[0]?.headers["ce-type"]).toBe("dev.pulsemesh.pulses.v1");
    expect(pulsesIn(broker.received).map(({ id, source }) => [id, source])).toEqual([
      ["a", "/pulse"],
      ["b", "/pulse"],
      ["c", "/pulse"],
    ]);
  });

  it("with an empty array is accepted, and nothing is sent", async () => {
    const response = await post([]);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 0, ids: [] });
    expect(broker.received).toHaveLength(0);
  });

  it("with lines may have blank lines and any line ends", async () => {
    const line = (id: string) => JSON.stringify(pulse({ id }));
    const body = `\n${line("a")}\r\n \t\r\n\r\n${line("b")}\n\n${line("c")}`;
    const response = await post(body, { "content-type": "application/x-ndjson; charset=utf-8" });
    expect(await response.json()).toEqual({ accepted: 3, ids: ["a", "b", "c"] });
  });

  it("with bad lines names the pulse of each, whether it is no JSON or no pulse", async () => {
    const [good, wrong] = [pulse(), pulse({ latency_ms: -1 })].map((one) => JSON.stringify(one));
    const response = await post([good, "", '{"service_name":', wrong, "x", good].join("\n"), {
      "content-type": "application/x-ndjson",
    });
    expect(await pointersOf(response)).toEqual(["/1", "/2/latency_ms", "/3"]);
    expect(broker.received).toEqual([]);
  });

  it("keeps the id of a pulse, and derives absent ids from the Idempotency-Key and the position", async () => {
    const body = [pulse(), pulse({ id: "own" }), pulse()];
    const first = await post(body, { "idempotency-key": "key" });
    expect(await first.json()).toEqual({ accepted: 3, ids: ["key/0", "own", "key/2"] });
    const again = await post(body, { "idempotency-key": "key" });
    expect(await again.json()).toEqual({ accepted: 3, ids: ["key/0", "own", "key/2"] });
    const [single] = [await post(pulse(), { "idempotency-key": "key" })];
    expect(await single.json()).toEqual({ accepted: 1, ids: ["key/0"] });
  });

  it("sends a pulse with an identity without a time: the arrival at the broker stays the same", async () => {
    await post(pulse({ id: "timeless" }));
    expect(pulsesIn(broker.received)[0]).not.toHaveProperty("event_time");
  });

  it("may begin with a byte order mark, as JSON and as lines", async () => {
    const body = `\uFEFF${JSON.stringify(pulse({ id: "a" }))}`;
    expect(await (await post(body)).json()).toEqual({ accepted: 1, ids: ["a"] });
    const lines = await post(`${body}\n${body}`, { "content-type": "application/x-ndjson" });
    expect(await lines.json()).toEqual({ accepted: 2, ids: ["a", "a"] });
    const blank = await post(`\uFEFF\r\n${body}`, { "content-type": "application/x-ndjson" });
    expect(await blank.json()).toEqual({ accepted: 1, ids: ["a"] });
  });

  it("may be text/json, have null for what is absent, and a number for its status", async () => {
    const body = pulse({ id: null, event_time: null, metadata: null, status: 204 });
    expect((await post(body, { "content-type": "text/json", "idempotency-key": "nulls" })).status).toBe(202);
    expect(pulsesIn(broker.received)[0]).toEqual({ ...pulse({ status: "204" }), id: "nulls/0", source: "/pulse" });
    expect(broker.received[0]?.headers["ce-health"]).toBe("up");
  });

  it("refuses an Idempotency-Key that is empty, or too long for a position behind it", async () => {
    expect((await faultsOf(await post(pulse(), { "idempotency-key": "" })))[0]?.rule).toContain("Idempotency-Key");
    expect(await pointersOf(await post(pulse(), { "idempotency-key": "k".repeat(121) }))).toEqual([""]);
    expect((await post(pulse(), { "idempotency-key": "k".repeat(120) })).status).toBe(202);
  });

  it("carries its traceparent to the event, and drops a malformed one", async () => {
    await post(pulse(), { traceparent: TRACE });
    await post([pulse(), pulse()], { traceparent: TRACE });
    await post(pulse(), { traceparent: "nonsense" });
    expect(broker.received[0]?.headers["ce-traceparent"]).toBe(TRACE);
    expect(pulsesIn(broker.received).map(({ traceparent }) => traceparent)).toEqual([TRACE, TRACE, TRACE, undefined]);
  });
});

describe("a plain request is refused", () => {
  it("for malformed JSON, with the place of the fault and none of the text", async () => {
    const response = await post('{"service_name":"secret-name",');
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text).toMatch(/fault at character \d+/);
    expect(text).not.toContain("secret-name");
  });

  it.each([
    ["an empty body", ""],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["only a byte order mark", "\uFEFF"],
    ["half an emoji", '{"service_name":"a","latency_ms":1,"status":"\\ud83d"}'],
  ])("for %s", async (_, body) => {
    await faultsOf(await post(body));
  });

  it("whole for one bad pulse: nothing is sent", async () => {
    const body = [pulse(), pulse({ latency_ms: "12" }), pulse(), { status: "", extra: 1, "a/b~": 2 }];
    const faults = await faultsOf(await post(body));
    expect(faults.map(({ pointer, got }) => [pointer, got])).toEqual([
      ["/1/latency_ms", "string"],
      ["/3/service_name", "absent"],
      ["/3/latency_ms", "absent"],
      ["/3/status", "string"],
      ["/3/extra", "number"],
      ["/3/a~1b~0", "number"],
    ]);
    expect(broker.received).toHaveLength(0);
  });

  it("for more than 10,000 pulses, as an array and as lines, and not for 10,000", async () => {
    const small = JSON.stringify(pulse({ id: "x" }));
    const most = new Array(10_000).fill(small);
    const accepted = (await (await post(`[${most.join(",")}]`)).json()) as { accepted: number };
    expect(accepted.accepted).toBe(10_000);
    expect(pulsesIn(broker.received)).toHaveLength(10_000);
    const more = [...most, small];
    expect((await faultsOf(await post(`[${more.join(",")}]`)))[0]?.rule).toContain("at most 10000 pulses");
    const lines = await post(more.join("\n"), { "content-type": "application/x-ndjson" });
    expect((await faultsOf(lines))[0]?.rule).toContain("at most 10000 pulses");
  });

  it("with 100 faults listed and up to a thousand counted", async () => {
    const few = (await (await post(new Array(101).fill(pulse({ status: [] })))).json()) as {
      detail: string;
      errors: [];
    };
    expect(few.errors).toHaveLength(100);
    expect(few.detail).toContain("101 faults found, the first 100 of them listed");
    const many = (await (await post(new Array(9000).fill(0))).json()) as { detail: string; errors: [] };
    expect(many.errors).toHaveLength(100);
    expect(many.detail).toContain("At least 1000 faults");
  });

  it.each([
    ["no media type", ""],
    ["text", "text/plain"],
    ["a form", "application/x-www-form-urlencoded"],
    ["another charset", "application/json; charset=utf-16"],
  ])("with 415 for %s", async (_, contentType) => {
    const response = await post(pulse(), { "content-type": contentType });
    expect(response.status).toBe(415);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("accept")).toContain("application/json");
    expect(((await response.json()) as { detail: string }).detail).toMatch(`, got ${JSON.stringify(contentType)}.`);
  });

  it("with 415 for a compressed body, and for one of no type", async () => {
    const detailOf = async (response: Response) => [
      response.status,
      ((await response.json()) as { detail: string }).detail,
    ];
    expect(await detailOf(await post(pulse(), { "content-encoding": "gzip" }))).toEqual([
      415,
      expect.stringMatching(/, got "application\/json" with Content-Encoding "gzip"\.$/),
    ]);
    const typeless = await fetch(`${host.url}/pulse`, { method: "POST", body: Buffer.from("{}") });
    expect(await detailOf(typeless)).toEqual([415, expect.stringMatching(/, got none\.$/)]);
  });

  it("with 400 for two content types, but not for one that came twice", async () => {
    const statusOf = async (second: string) => {
      const connection = await openRawConnection(host.port);
      const body = JSON.stringify(pulse());
      connection.send(
        `POST /pulse HTTP/1.1\r\nhost: a\r\nContent-Type: application/json\r\ncontent-type: ${second}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      const { status } = await connection.answer();
      connection.socket.destroy();
      return status;
    };
    expect(await statusOf("application/x-ndjson")).toBe(400);
    expect(await statusOf("application/json")).toBe(202);
  });

  it("not for a charset or media type in upper case", async () => {
    for (const contentType of ["Application/JSON; Charset=UTF-8", 'application/json;charset="utf-8"']) {
      expect((await post(pulse(), { "content-type": contentType })).status).toBe(202);
    }
    expect((await post(pulse(), { "content-encoding": "Identity" })).status).toBe(202);
  });
});

describe("the time of a pulse", () => {
  it.each([
    ["as RFC 3339 with offset", (now: number) => new Date(now).toISOString()],
    ["as epoch milliseconds", (now: number) => now],
    ["almost 5 minutes ahead", (now: number) => now + 4.9 * 60_000],
    ["almost as old as the retention", (now: number) => now - 30 * DAY_MS + 60_000],
  ])("is taken %s", async (_, timeOf) => {
    const time = timeOf(Date.now());
    expect((await post(pulse({ event_time: time }))).status).toBe(202);
    const expected = typeof time === "string" ? Date.parse(time) : time;
    expect(pulsesIn(broker.received)[0]?.event_time).toBe(expected);
  });

  it.each([
    ["more than 5 minutes ahead", (now: number) => now + 5.1 * 60_000],
    ["older than the retention", (now: number) => now - 30 * DAY_MS - 1000],
    ["without offset", () => "2026-01-02T03:04:05"],
    ["on a day that does not exist", () => "2026-02-30T00:00:00Z"],
    ["a fraction of a millisecond", (now: number) => now + 0.5],
  ])("is refused %s", async (_, timeOf) => {
    expect(await pointersOf(await post(pulse({ event_time: timeOf(Date.now()) })))).toEqual(["/event_time"]);
  });
});
