import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { pulsesIn } from "../testing/broker.ts";
import { broker } from "../testing/ingest-and-broker.ts";
import { faultsOf, pointersOf, post, pulse } from "../testing/plain-requests.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

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
