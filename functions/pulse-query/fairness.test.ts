// One client takes what it can, and another comes.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, expect, it, onTestFinished, vi } from "vitest";
import { openRawConnection, type RawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { createQuery, type QueryOptions } from "../pulse-query/handler.ts";
import { openFunctionHost } from "../testing/function-host.ts";
import { OPEN_DOORS } from "../testing/open-doors.ts";
import { openStore, pulseOf, START } from "../testing/query-function.ts";
import type { Door } from "../tokens/doors.ts";
import { EVERY_SERVICE } from "../tokens/token-file.ts";

const GREEDY = "127.0.0.1";
const POLITE = "127.0.0.2";

const store = openStore();
await store.write(Array.from({ length: 1000 }, (_, i) => pulseOf({ service_name: "busy", event_time: START + i })));
afterAll(() => store.close());

type Reads = Pick<typeof store, "scan" | "measures">;
/** The real store, except for how a span is read. */
const storeWith = (reads: Partial<Reads>): QueryOptions["store"] =>
  Object.assign(Object.create(store), { ...reads, close: async () => undefined });

const connections: RawConnection[] = [];
afterEach(() => {
  for (const { socket } of connections.splice(0)) socket.destroy();
});

async function openQuery(options: Partial<QueryOptions>, env: Record<string, string> = {}) {
  const retentionMs = 30 * 86_400_000;
  const host = await openFunctionHost(
    ({ doors, log }) => createQuery({ store, retentionMs, log, doors, ...options }),
    env,
  );
  onTestFinished(() => host.close());
  return host;
}

async function ask(port: number, from: string, path: string, headers: Record<string, string> = {}) {
  const connection = await openRawConnection(port, from);
  connections.push(connection);
  connection.send(rawRequest(`GET ${path}`, headers));
  return connection;
}

/** Reading that waits until it is let go. */
function gated(): { reads: Reads; begun: () => number; letGo: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = 0;
  const reads: Reads = {
    async *scan(...asked) {
      begun++;
      await promise;
      yield* store.scan(...asked);
    },
    async *measures(...asked) {
      begun++;
      await promise;
      yield* store.measures(...asked);
    },
  };
  return { reads, begun: () => begun, letGo: resolve };
}

const statusOf = async (connection: RawConnection) => (await connection.answer()).status;
const LINES = { accept: "application/x-ndjson" };

it("summaries: a newcomer gets a place of the client that holds all eight", async () => {
  const { reads, begun, letGo } = gated();
  const { port } = await openQuery({ store: storeWith(reads) });
  const summary = (from: string, buckets: number) =>
    ask(port, from, `/services/busy/summary?from=${START}&to=${START + 1000}&buckets=${buckets}`);
  const greedy = await Promise.all(Array.from({ length: 8 }, (_, i) => summary(GREEDY, i + 1)));
  await vi.waitFor(() => expect(begun()).toBe(8));
  const waiting = await summary(GREEDY, 9);
  const polite = await summary(POLITE, 10);
  await vi.waitFor(() => expect(begun()).toBe(9));
  letGo();
  expect(await statusOf(polite)).toBe(200);
  const statuses = await Promise.all([...greedy, waiting].map(statusOf));
  expect(statuses.sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 503]);
});

it("a summary is given up once its client has gone", async () => {
  let [begun, ended] = [0, 0];
  const measures: Reads["measures"] = async function* (...asked) {
    begun++;
    try {
      for (;;) yield* store.measures(...asked);
    } finally {
      ended++;
    }
  };
  const { port } = await openQuery({ store: storeWith({ measures }) });
  const { socket } = await ask(port, GREEDY, `/services/busy/summary?from=${START}&to=${START + 1000}`);
  await vi.waitFor(() => expect(begun).toBe(1));
  expect(ended).toBe(0);
  socket.destroy();
  await vi.waitFor(() => expect(ended).toBe(1));
});

it("exports: a newcomer gets a place of the client that holds all eight", async () => {
  const { reads, begun, letGo } = gated();
  const { port } = await openQuery({ store: storeWith(reads) });
  const exported = (from: string) => ask(port, from, "/services/busy/pulses", LINES);
  const greedy = await Promise.all(Array.from({ length: 8 }, () => exported(GREEDY)));
  await vi.waitFor(() => expect(begun()).toBe(8));
  expect(await statusOf(await exported(GREEDY))).toBe(503);
  const polite = await exported(POLITE);
  await vi.waitFor(() => expect(begun()).toBe(9));
  letGo();
  expect(await statusOf(polite)).toBe(200);
  expect((await Promise.all(greedy.map(statusOf))).filter((status) => status === 503)).toHaveLength(1);
});

it("exports that nobody reads are cut, and give their places back", async () => {
  const scan: Reads["scan"] = async function* (...asked) {
    for (;;) yield* store.scan(...asked);
  };
  const host = await openQuery({ store: storeWith({ scan }) }, { PULSE_ANSWER_TIMEOUT_MS: "1000" });
  const exported = () => ask(host.port, GREEDY, "/services/busy/pulses", LINES);
  for (let i = 0; i < 8; i++) (await exported()).socket.pause();
  const cut = () => host.lines.filter(({ reason }) => reason === "Answer not taken").length;
  await vi.waitFor(() => expect(cut()).toBe(8));
  // Who reads is not cut, however long it takes.
  const { socket } = await exported();
  socket.removeAllListeners("data");
  const before = performance.now();
  let isLong = false;
  for await (const _ of socket) {
    isLong = socket.bytesRead > 2e7 && performance.now() - before > 2000;
    if (isLong) break;
  }
  expect([isLong, cut()]).toEqual([true, 8]);
});

it("an export is cut when its token is revoked, and does not look complete", async () => {
  const scan: Reads["scan"] = async function* (...asked) {
    for (;;) yield* store.scan(...asked);
  };
  let isRevoked = false;
  const read: Door = { admit: () => undefined, grantOf: () => (isRevoked ? undefined : EVERY_SERVICE) };
  const { port } = await openQuery({ store: storeWith({ scan }), doors: { ...OPEN_DOORS, read } });
  const exported = await ask(port, GREEDY, "/services/busy/pulses", LINES);
  await vi.waitFor(() => expect(exported.socket.bytesRead).toBeGreaterThan(1000));
  isRevoked = true;
  const text = await exported.ended();
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
});

it.each(["history", "uptime"])("%s: a newcomer gets a place of the client that holds all four", async (what) => {
  const { promise, resolve: letGo } = Promise.withResolvers<void>();
  let begun = 0;
  const runs: typeof store.health.runs = async (...asked) => {
    begun++;
    await promise;
    return store.health.runs(...asked);
  };
  const health = new Proxy(store.health, {
    get: (real, name) => (name === "runs" ? runs : Reflect.get(real, name, real).bind(real)),
  });
  const { port } = await openQuery({ store: Object.assign(storeWith({}), { health }) });
  const asked = (from: string) => ask(port, from, `/services/busy/${what}`);
  const greedy = await Promise.all(Array.from({ length: 4 }, () => asked(GREEDY)));
  await vi.waitFor(() => expect(begun).toBe(4));
  const polite = await asked(POLITE);
  await vi.waitFor(() => expect(begun).toBe(5));
  letGo();
  expect(await statusOf(polite)).toBe(200);
  expect((await Promise.all(greedy.map(statusOf))).sort()).toEqual([200, 200, 200, 503]);
});

it("badges: a newcomer gets a place of the client that holds all four, whose figure is given up", async () => {
  const { reads, begun, letGo } = gated();
  const { port } = await openQuery({ store: storeWith(reads) });
  const badge = (from: string, days: number) => ask(port, from, `/services/busy/badge.json?show=p95&window=${days}d`);
  const greedy = await Promise.all([1, 2, 3, 4].map((days) => badge(GREEDY, days)));
  await vi.waitFor(() => expect(begun()).toBe(4));
  const polite = await badge(POLITE, 5);
  await vi.waitFor(() => expect(begun()).toBe(5));
  letGo();
  expect(await statusOf(polite)).toBe(200);
  expect((await Promise.all(greedy.map(statusOf))).sort()).toEqual([200, 200, 200, 503]);
});

it("live streams: a newcomer gets the newest place of the client that holds most, which all streams share", async () => {
  const { port } = await openQuery({ live: { maxListeners: 2 } });
  const first = await ask(port, GREEDY, "/live");
  const second = await ask(port, GREEDY, "/services/busy/live");
  expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200]);
  expect(await statusOf(await ask(port, GREEDY, "/live"))).toBe(503);
  expect(await statusOf(await ask(port, POLITE, "/services/busy/live"))).toBe(200);
  await second.ended();
  expect(first.socket.destroyed).toBe(false);
});

it("a token is a client, whatever the address and whatever it may read", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "pulse-fairness-")), "tokens");
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  writeFileSync(file, "greedy busy\npolite b*\n");
  const { port } = await openQuery({ live: { maxListeners: 2 } }, { PULSE_READ_TOKENS_FILE: file });
  const listen = (token: string, from: string) => ask(port, from, "/live", { authorization: `Bearer ${token}` });
  const first = await listen("greedy", GREEDY);
  const second = await listen("greedy", POLITE);
  expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200]);
  expect(await statusOf(await listen("greedy", "127.0.0.3"))).toBe(503);
  expect(await statusOf(await listen("polite", GREEDY))).toBe(200);
  await second.ended();
  expect(first.socket.destroyed).toBe(false);
});
