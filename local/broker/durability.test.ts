import type { ServerResponse } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { openTestBroker, post, triggerOf } from "../testing/broker.ts";
import { startSubscriber, type TestSubscriber } from "../testing/subscriber.ts";
import { startBroker } from "./broker.ts";
import { BrokerDatabase } from "./broker-database.ts";

function countRows(file: string): { events: number; deliveries: number } {
  const database = new DatabaseSync(file);
  const count = (table: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  const rows = { events: count("events"), deliveries: count("deliveries") };
  database.close();
  return rows;
}

/** Lets a subscriber answer nothing. The returned function answers 503 to what came, and 204 from then on. */
function stayAway(subscriber: TestSubscriber): () => void {
  const held: ServerResponse[] = [];
  subscriber.answerWith((_request, response) => {
    held.push(response);
    return undefined;
  });
  return () => {
    subscriber.answerWith(() => ({ status: 204 }));
    for (const response of held) response.writeHead(503).end();
  };
}

it("undelivered events are delivered after the next start, byte for byte", async () => {
  const { url, broker, subscriber, restart, file } = await openTestBroker({
    graceMs: 50,
    delivery: { timeout: "PT30S" },
  });
  subscriber.answerWith(() => undefined);
  const body = Buffer.from([0, 255, 128, 1]);
  await post(url, "bytes", { body, headers: { "content-type": "application/octet-stream", "ce-health": "down" } });
  await post(url, "2");
  await vi.waitFor(() => expect(subscriber.received).toHaveLength(2));
  await broker.close();
  expect(countRows(file)).toEqual({ events: 2, deliveries: 2 });

  subscriber.received.length = 0;
  subscriber.answerWith(() => ({ status: 204 }));
  const second = await restart();
  await vi.waitFor(() => expect(subscriber.ids().toSorted()).toEqual(["2", "bytes"]));
  const again = subscriber.received.find(({ id }) => id === "bytes");
  expect(again?.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "ce-health": "down",
    "content-length": "4",
  });
  await second.close();
  expect(countRows(file)).toEqual({ events: 0, deliveries: 0 });
});

it("a subscriber that is not there yet when the broker starts is no news", async () => {
  const { url, broker, subscriber, restart, logLines } = await openTestBroker({ delivery: { retry: 1000 } });
  subscriber.answerWith(() => ({ status: 503 }));
  await post(url, "1");
  await vi.waitFor(() => expect(subscriber.received.length).toBeGreaterThan(0));
  await broker.close();
  logLines.length = 0;
  subscriber.received.length = 0;
  await restart();
  await vi.waitFor(() => expect(subscriber.received.length).toBeGreaterThan(0));
  subscriber.answerWith(() => ({ status: 204 }));
  await vi.waitFor(() =>
    expect(logLines.some(({ msg }) => msg === "delivery failed: it will be tried again")).toBe(true),
  );
  expect(logLines.filter(({ level }) => Number(level) > 30)).toEqual([]);
});

it("attempts and dead letters survive a restart", async () => {
  const { url, broker, subscriber, deadLetterSink, restart } = await openTestBroker({
    delivery: { retry: 3, backoffPolicy: "linear", backoffDelay: "PT0.3S" },
    graceMs: 300,
  });
  deadLetterSink.answerWith(() => ({ status: 503 }));
  subscriber.answerWith(({ id }) => ({ status: id === "final" ? 422 : 503 }));
  await post(url, "tired");
  await post(url, "final");
  await vi.waitFor(() => expect(deadLetterSink.ids()).toContain("final"));
  await vi.waitFor(() => expect(subscriber.ids().filter((id) => id === "tired").length).toBeGreaterThanOrEqual(2));
  await broker.close();

  deadLetterSink.received.length = 0;
  deadLetterSink.answerWith(() => ({ status: 204 }));
  await restart();
  await vi.waitFor(() => expect(deadLetterSink.ids().toSorted()).toEqual(["final", "tired"]));
  expect(deadLetterSink.received.find(({ id }) => id === "final")?.headers["ce-knativeerrorcode"]).toBe("422");
  // Four attempts, and perhaps one more that the close cut off.
  const tries = subscriber.ids().filter((id) => id === "tired").length;
  expect(tries).toBeGreaterThanOrEqual(4);
  expect(tries).toBeLessThanOrEqual(5);
});

it("an absent subscriber does not let memory grow, and gets everything when it is back", async () => {
  const maxMemoryBytes = 256 * 1024;
  const { url, subscriber, metrics, file, broker } = await openTestBroker({
    maxMemoryBytes,
    graceMs: 1000,
    delivery: { retry: 10, backoffDelay: "PT0.05S", timeout: "PT30S" },
  });
  const comeBack = stayAway(subscriber);
  const body = "x".repeat(20_000);
  const ids = Array.from({ length: 300 }, (_, i) => `e${i}`);
  for (let i = 0; i < ids.length; i += 30) await Promise.all(ids.slice(i, i + 30).map((id) => post(url, id, { body })));
  const during = await metrics();
  expect(during["pending t subscriber"]).toBe(300);
  expect(during["memory_bytes t subscriber"]).toBeLessThanOrEqual(maxMemoryBytes / 2 + 25_000);
  comeBack();
  await vi.waitFor(async () =>
    expect(await metrics()).toMatchObject({
      "pending t subscriber": 0,
      "deliveries_total t delivered": 300,
      "memory_bytes t subscriber": 0,
    }),
  );
  expect(new Set(subscriber.ids())).toEqual(new Set(ids));
  await broker.close();
  expect(countRows(file)).toEqual({ events: 0, deliveries: 0 });
});

it("a full quota is 503 with Retry-After, loses nothing, and recovers when deliveries make room", async () => {
  const { url, subscriber, metrics } = await openTestBroker({
    maxBytes: 1024 * 1024,
    delivery: { timeout: "PT30S", retry: 10 },
  });
  const comeBack = stayAway(subscriber);
  const accepted: string[] = [];
  let refused: Response | undefined;
  for (let i = 0; refused === undefined; i++) {
    const response = await post(url, `e${i}`, { body: "x".repeat(30_000) });
    if (response.status === 202) accepted.push(`e${i}`);
    else refused = response;
  }
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect(accepted.length).toBeGreaterThan(10);
  expect(await metrics()).toMatchObject({ "events_total full": 1 });
  const reason = "The broker's quota is used up by events that wait for a subscriber";
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining(reason) });
  const ready = async () => {
    const answer = await fetch(new URL("/health/ready", url));
    return [answer.status, await answer.text()];
  };
  expect(await ready()).toEqual([200, expect.stringMatching(`^OK\nEvents are not taken: ${reason}: .*.$`)]);
  comeBack();
  await vi.waitFor(() => expect(new Set(subscriber.ids())).toEqual(new Set(accepted)));
  await vi.waitFor(async () => expect((await post(url, "after", { body: "x".repeat(30_000) })).status).toBe(202));
  await vi.waitFor(() => expect(subscriber.ids()).toContain("after"));
  expect(await ready()).toEqual([200, "OK"]);
});

it("an event that the broker's own code could not write is 503 with that reason, and is taken when it comes again", async () => {
  const { url, subscriber, metrics } = await openTestBroker();
  const insert = vi.spyOn(BrokerDatabase.prototype, "insert").mockImplementationOnce(() => {
    throw new TypeError("a defect");
  });
  onTestFinished(() => insert.mockRestore());
  const refused = await post(url, "1");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  const { detail } = (await refused.json()) as { detail: string };
  expect(detail).toBe("The broker could not write the event. This is a defect: its log says more.");
  expect(await metrics()).toMatchObject({ "events_total failed": 1 });
  expect((await post(url, "1")).status).toBe(202);
  await vi.waitFor(() => expect(subscriber.ids()).toEqual(["1"]));
});

it("a reply that finds no room lets its cause be delivered again, and neither is lost", async () => {
  const { url, subscriber, metrics } = await openTestBroker({
    maxBytes: 1024 * 1024,
    delivery: { timeout: "PT30S", retry: 1000, backoffPolicy: "linear", backoffDelay: "PT0.001S" },
  });
  const held: (() => void)[] = [];
  const large = {
    "content-type": "text/plain",
    "ce-specversion": "1.0",
    "ce-id": "reply",
    "ce-source": "/r",
    "ce-type": "t",
  };
  subscriber.answerWith(({ id }, response) => {
    if (id === "cause") return { status: 200, headers: large, body: "y".repeat(200_000) };
    if (id === "reply") return { status: 204 };
    held.push(() => response.writeHead(204).end());
    return undefined;
  });
  for (let i = 0; ; i++) if ((await post(url, `filler${i}`, { body: "x".repeat(100_000) })).status !== 202) break;
  await post(url, "cause", { body: "x" });
  await vi.waitFor(async () => expect((await metrics())["events_total reply_full"]).toBeGreaterThan(0));
  for (const release of held) release();
  await vi.waitFor(() => expect(subscriber.ids()).toContain("reply"));
  await vi.waitFor(async () => expect(await metrics()).toMatchObject({ "pending t subscriber": 0 }));
});

it("an event that several Triggers want stays until the last one has delivered it", async () => {
  const stuck = await startSubscriber(() => undefined);
  const other = { ...triggerOf({ timeout: "PT30S" }, { subscriber: { uri: stuck.url.href } }), name: "stuck" };
  const { url, broker, subscriber, metrics, restart, file } = await openTestBroker({
    triggers: [triggerOf(), other],
    graceMs: 100,
  });
  await post(url, "1");
  await vi.waitFor(() => expect([...subscriber.ids(), ...stuck.ids()]).toEqual(["1", "1"]));
  await vi.waitFor(async () => expect(await metrics()).toMatchObject({ "deliveries_total t delivered": 1 }));
  await broker.close();
  expect(countRows(file)).toEqual({ events: 1, deliveries: 1 });
  stuck.answerWith(() => ({ status: 204 }));
  const second = await restart();
  await vi.waitFor(() => expect(stuck.ids()).toEqual(["1", "1"]));
  await second.close();
  expect(countRows(file)).toEqual({ events: 0, deliveries: 0 });
  expect(subscriber.ids()).toEqual(["1"]);
  await stuck.close();
});

it("deliveries of a removed Trigger stay in the file, with a warning", async () => {
  const { url, broker, subscriber, file, logLines } = await openTestBroker({
    graceMs: 50,
    delivery: { timeout: "PT30S" },
  });
  subscriber.answerWith(() => undefined);
  await post(url, "1");
  await vi.waitFor(() => expect(subscriber.received).toHaveLength(1));
  await broker.close();
  const logger = pino({}, { write: (line: string) => logLines.push(JSON.parse(line)) });
  const bare = await startBroker({ port: 0, file, triggers: [], subscribers: {}, maxBytes: 1e7, logger, quietMs: 0 });
  await bare.close();
  expect(logLines.find(({ queue }) => queue === "t")).toMatchObject({ level: 40, count: 1 });
  expect(countRows(file)).toEqual({ events: 1, deliveries: 1 });
});
