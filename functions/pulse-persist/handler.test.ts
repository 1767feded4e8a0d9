import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { openSqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { openFunctionHost } from "../testing/function-host.ts";
import { PULSE_DATA as DATA, postEvent } from "../testing/post-event.ts";
import { compose } from "./compose.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-persist-"));
const host = await openFunctionHost(compose, { PULSE_DATA_DIR: folder, PULSE_FUNCTION: "pulse-persist" });
// A second handle on the same file, as pulse-query has.
const reader = openSqlitePulseStore({
  file: join(folder, "pulses.db"),
  maxBytes: 2 ** 30,
  retentionMs: 30 * DAY_MS,
});
afterAll(async () => {
  await host.close();
  await reader.close();
  rmSync(folder, { recursive: true, force: true });
});

const ONE = "dev.pulsemesh.pulse.v1";
const MANY = "dev.pulsemesh.pulses.v1";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const post = postEvent.bind(undefined, host.url);

async function storedOf(service: string) {
  const page = await reader.page(service, { from: 0, to: Date.now() + 600_000 }, 100);
  if (!page.ok) throw new Error("Expected a page");
  return page.value.pulses;
}

async function expectStored(response: Response): Promise<void> {
  // A broker takes a body for an event, and sends it on.
  expect([response.status, await response.text()]).toEqual([204, ""]);
  expect(response.headers.get("content-type")).toBeNull();
}

describe("pulse-persist", () => {
  it("answers 204 with an empty body once the pulse can be read", async () => {
    const time = new Date(Date.now() - 1000).toISOString();
    await expectStored(await post({ id: "one", time }, { ...DATA, service_name: "one", metadata: { zone: "b" } }));
    expect(await storedOf("one")).toEqual([
      {
        ...DATA,
        service_name: "one",
        event_time: Date.parse(time),
        id: "one",
        source: "/shop",
        metadata: { zone: "b" },
      },
    ]);
  });

  it("stores an event of many pulses with ids of the event's and the position, and a single one in structured mode", async () => {
    const event_time = Date.now();
    const pulses = [1, 2, 3].map((latency_ms) => ({ ...DATA, service_name: "many", latency_ms, event_time }));
    await expectStored(await post({ id: "e", type: MANY }, { pulses }));
    const structured = { specversion: "1.0", id: "s", source: "/shop", type: ONE, data: pulses[0] };
    const response = await fetch(host.url, {
      method: "POST",
      headers: { "content-type": "application/cloudevents+json; charset=UTF-8" },
      body: JSON.stringify(structured),
    });
    await expectStored(response);
    expect((await storedOf("many")).map(({ id }) => id).sort()).toEqual(["e/0", "e/1", "e/2", "s"]);
  });

  it("stores a redelivered event once, at the time of its arrival at the broker", async () => {
    const arrival = new Date(Date.now() - 5000);
    for (let delivery = 0; delivery < 3; delivery++) {
      const attributes = { id: "again", knativearrivaltime: arrival.toISOString() };
      await expectStored(await post(attributes, { ...DATA, service_name: "again" }));
    }
    const stored = await storedOf("again");
    expect(stored.map(({ id, event_time }) => [id, event_time])).toEqual([["again", arrival.getTime()]]);
  });

  it.each([
    ["a pulse that breaks a rule", {}, { ...DATA, latency_ms: -1 }, "/data/latency_ms"],
    ["malformed JSON", {}, "{", "/data"],
    ["an unknown type", { type: "com.example.other" }, DATA, "/type"],
    ["a missing attribute", { id: "" }, DATA, "/id"],
    ["a time past the retention", { time: "2020-01-01T00:00:00Z" }, DATA, "/data/event_time"],
    ["one bad pulse of many", { type: MANY }, { pulses: [DATA, 1] }, "/data/pulses/1"],
  ])("answers 400 for %s, so that the event goes to the dead letters at once", async (_, attributes, data, pointer) => {
    const response = await post(attributes, data);
    expect([response.status, response.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
  });

  it("stores what pulse-ingest takes too: text/json, a byte order mark, nulls, a number for a status, percent signs", async () => {
    const nulls = { id: null, event_time: null, metadata: null };
    const data = `\uFEFF${JSON.stringify({ ...DATA, ...nulls, service_name: "lenient", status: 204 })}`;
    for (const id of ["order%2F1", "order/1", "order%252F1"]) {
      await expectStored(await post({ id, source: "/shop/eu%20west" }, data, "text/json"));
    }
    const stored = await storedOf("lenient");
    expect(stored.map(({ id, source, status }) => [id, source, status]).sort()).toEqual([
      ["order%2F1", "/shop/eu%20west", "204"],
      ["order/1", "/shop/eu%20west", "204"],
    ]);
  });

  it("stores an id and a source of the most characters that pulse-ingest takes", async () => {
    const id = "😀".repeat(128);
    await expectStored(await post({ id: encodeURIComponent(id) }, { ...DATA, service_name: "long" }));
    expect((await storedOf("long")).map((pulse) => pulse.id)).toEqual([id]);
  });

  it("answers 415 for anything but a single CloudEvent in JSON", async () => {
    const plain = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(DATA) };
    expect((await fetch(host.url, plain)).status).toBe(415);
    const batch = { ...plain, headers: { "content-type": "application/cloudevents-batch+json" }, body: "[]" };
    expect((await fetch(host.url, batch)).status).toBe(415);
    expect((await post({}, DATA, "application/json; charset=utf-16")).status).toBe(415);
  });

  it("counts stored pulses, their latency and the time of their delivery", async () => {
    const arrival = new Date(Date.now() - 20_000).toISOString();
    await expectStored(await post({ id: "c", knativearrivaltime: arrival }, { ...DATA, service_name: "counted" }));
    const metrics = await (await fetch(`${host.url}/metrics`)).text();
    expect(metrics).toContain('pulsemesh_pulses_stored_total{service="counted",health="up"} 1');
    expect(metrics).toContain('pulsemesh_pulse_latency_seconds_bucket{le="0.025",service="counted"} 1');
    expect(metrics).toContain('pulsemesh_pulse_latency_seconds_bucket{le="0.01",service="counted"} 0');
    const newest = /pulsemesh_last_pulse_timestamp_seconds{service="counted",health="up"} ([\d.]+)/.exec(metrics)?.[1];
    expect(Number(newest)).toBe(Date.parse(arrival) / 1000);
    const lag = Number(/pulsemesh_delivery_lag_seconds_sum ([\d.]+)/.exec(metrics)?.[1]);
    expect(lag).toBeGreaterThanOrEqual(20);
    expect(metrics).toMatch(/pulsemesh_store_queue_rows 0/);
    expect(metrics).toMatch(/pulsemesh_store_batch_rows_count [1-9]/);
  });

  it("keeps a month that is sent at once out of the rates, percentiles and lag of today, and counts it whole", async () => {
    const metricsNow = async () => (await fetch(`${host.url}/metrics`)).text();
    const lagsIn = (metrics: string) => Number(/^pulsemesh_delivery_lag_seconds_count (\d+)/m.exec(metrics)?.[1]);
    const before = lagsIn(await metricsNow());
    const arrival = Date.now() - 1000;
    const pulses = Array.from({ length: 28 }, (_, days) => ({
      ...DATA,
      service_name: "past",
      event_time: arrival - (days + 1) * DAY_MS,
    }));
    const knativearrivaltime = new Date(arrival).toISOString();
    await expectStored(await post({ id: "month", type: MANY, knativearrivaltime }, { pulses }));
    const metrics = await metricsNow();
    expect(metrics).toContain('pulsemesh_pulses_stored_total{service="past",health="up",age="old"} 28');
    expect(metrics).not.toContain('pulsemesh_pulses_stored_total{service="past",health="up"}');
    expect(metrics).toContain('pulsemesh_pulse_latency_seconds_count{service="past"} 0');
    expect(lagsIn(metrics)).toBe(before);
  });

  it("counts a redelivered event once, and one that its sender repeats twice", async () => {
    const metricsNow = async () => (await fetch(`${host.url}/metrics`)).text();
    const againIn = (metrics: string) => Number(/^pulsemesh_pulses_stored_again_total (\d+)/m.exec(metrics)?.[1]);
    const before = againIn(await metricsNow());
    const data = { ...DATA, service_name: "repeated" };
    const [sent, sentAgain] = [3000, 2000].map((ago) => new Date(Date.now() - ago).toISOString()) as [string, string];
    for (const knativearrivaltime of [sent, sent, sentAgain]) {
      await expectStored(await post({ id: "repeated", knativearrivaltime }, data));
    }
    expect(await storedOf("repeated")).toHaveLength(1);
    const metrics = await metricsNow();
    expect(metrics).toContain('pulsemesh_pulses_stored_total{service="repeated",health="up"} 2');
    expect(metrics).toContain('pulsemesh_pulse_latency_seconds_count{service="repeated"} 2');
    expect(againIn(metrics) - before).toBe(1);
  });

  it("writes a line for every event at level debug, with its id and trace and none of its data", async () => {
    const data = { ...DATA, metadata: { password: "hunter2" } };
    await expectStored(await post({ id: "logged", traceparent: TRACE }, data));
    await post({ id: "poison", traceparent: TRACE }, { ...data, latency_ms: -1 });
    const lineOf = (id: string) => host.lines.find(({ eventId }) => eventId === id);
    expect(lineOf("logged")).toMatchObject({ level: 20, source: "/shop", traceparent: TRACE, traceparents: [TRACE] });
    const refused = { msg: "request refused", status: 400, faults: 1, source: "/shop", traceparent: TRACE };
    expect(lineOf("poison")).toMatchObject(refused);
    expect(JSON.stringify(host.lines)).not.toContain("hunter2");
  });

  it("is ready while its store is", async () => {
    expect((await fetch(`${host.url}/health/ready`)).status).toBe(200);
  });
});
