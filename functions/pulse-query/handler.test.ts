import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { openSqlitePulseStore } from "../../storage/sqlite-pulse-store.ts";
import { createLogger } from "../log.ts";
import { type LoopbackHost, openLoopbackHost } from "../loopback-host.ts";
import { createQuery } from "./handler.ts";

const DAY = 86_400_000;
const START = Math.floor(Date.now() / 3_600_000) * 3_600_000 - DAY / 2;
const folder = mkdtempSync(join(tmpdir(), "pulse-query-"));
const log = createLogger("silent", "pulse-query");

function openStore(name: string) {
  return openSqlitePulseStore({ file: join(folder, name), maxBytes: 64 * 1024 * 1024, retentionMs: 30 * DAY });
}

const store = openStore("pulses.db");
let host: LoopbackHost;

beforeAll(async () => {
  host = await openLoopbackHost(createQuery({ store, retentionMs: 30 * DAY, log, live: { pollMs: 10 } }));
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

let lastId = 0;
function pulseOf(fields: Partial<Pulse> & Pick<Pulse, "service_name">): Pulse {
  return { event_time: START, latency_ms: 12.5, status: "ok", id: String(++lastId), source: "/test", ...fields };
}

async function put(...pulses: Pulse[]): Promise<void> {
  expect(await store.write(pulses)).toEqual({ kind: "stored" });
}

async function get(path: string, init: RequestInit = {}) {
  const response = await fetch(`${host.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

describe("GET /services", () => {
  it("shows the newest pulse of every service, sorted by name", async () => {
    await put(
      pulseOf({ service_name: "list/b", status: "503", metadata: { region: "eu" }, event_time: START + 1 }),
      pulseOf({ service_name: "list/a", latency_ms: 3 }),
      pulseOf({ service_name: "list/b", status: "ok" }),
    );
    const { status, headers, body } = await get("/services");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    const shown = body.services.filter((service: Pulse) => service.service_name.startsWith("list/"));
    const time = new Date(START).toISOString();
    expect(shown).toEqual([
      { service_name: "list/a", health: "up", last_seen: time, event_time: time, latency_ms: 3, status: "ok" },
      {
        service_name: "list/b",
        health: "down",
        last_seen: new Date(START + 1).toISOString(),
        event_time: new Date(START + 1).toISOString(),
        latency_ms: 12.5,
        status: "503",
        metadata: { region: "eu" },
      },
    ]);
  });

  it("answers 304 to who has it already, until something changes", async () => {
    await put(pulseOf({ service_name: "tagged" }));
    const first = await get("/services");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"/);
    for (const tags of [etag, etag.replace("W/", ""), `"other", ${etag}`, "*"]) {
      const again = await get("/services", { headers: { "if-none-match": tags } });
      expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, undefined, etag]);
    }
    expect((await get("/services", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    await put(pulseOf({ service_name: "tagged", event_time: START + 1 }));
    expect((await get("/services", { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  it("refuses parameters", async () => {
    const { status, headers, body } = await get("/services?service=a");
    expect(status).toBe(400);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body.errors).toEqual([{ pointer: "/query/service", rule: "Expected no parameters", got: "text" }]);
  });
});

describe("GET /services/{service}/pulses", () => {
  it("shows the newest first, whole and with their health", async () => {
    const metadata = { region: "eu" };
    await put(
      pulseOf({ service_name: "whole", id: "old", event_time: START }),
      pulseOf({ service_name: "whole", id: "new", event_time: START + 1, status: "slow", metadata }),
    );
    const { body, headers } = await get("/services/whole/pulses");
    expect(headers.get("cache-control")).toBe("no-store");
    const common = { service_name: "whole", latency_ms: 12.5, source: "/test" };
    expect(body).toEqual({
      pulses: [
        {
          ...common,
          id: "new",
          event_time: new Date(START + 1).toISOString(),
          status: "slow",
          health: "degraded",
          metadata,
        },
        { ...common, id: "old", event_time: new Date(START).toISOString(), status: "ok", health: "up" },
      ],
    });
  });

  it("goes from page to page by the cursor, in a span", async () => {
    await put(...Array.from({ length: 25 }, (_, i) => pulseOf({ service_name: "pages", event_time: START + i })));
    const shown: string[] = [];
    let cursor = "";
    do {
      const query = `from=${START + 2}&to=${new Date(START + 20).toISOString()}&limit=7${cursor}`;
      const { body } = await get(`/services/pages/pulses?${query}`);
      shown.push(...body.pulses.map((pulse: { event_time: string }) => pulse.event_time));
      cursor = body.cursor === undefined ? "" : `&cursor=${encodeURIComponent(body.cursor)}`;
    } while (cursor !== "");
    expect(shown).toEqual(Array.from({ length: 18 }, (_, i) => new Date(START + 19 - i).toISOString()));
  });

  it("takes any service's name, percent-encoded", async () => {
    await put(pulseOf({ service_name: "shop/eu:cart_1.0" }));
    expect((await get(`/services/${encodeURIComponent("shop/eu:cart_1.0")}/pulses`)).body.pulses).toHaveLength(1);
  });

  it("is empty for a service that never pulsed", async () => {
    expect(await get("/services/nobody/pulses")).toMatchObject({ status: 200, body: { pulses: [] } });
  });

  it.each([
    ["limit=0", "/query/limit"],
    ["limit=ten", "/query/limit"],
    ["from=yesterday", "/query/from"],
    ["from=2&to=1", "/query/to"],
    ["cursor=nonsense", "/query/cursor"],
    ["page=2", "/query/page"],
  ])("refuses %s and says where the fault is", async (query, pointer) => {
    const { status, body } = await get(`/services/any/pulses?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ title: "Invalid request", status: 400 });
    expect(body.errors).toMatchObject([{ pointer, rule: expect.stringMatching(/^Expected /) }]);
  });

  it("answers HEAD as GET, without a body", async () => {
    const response = await fetch(`${host.url}/services/any/pulses`, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });
});

describe("GET /services/{service}/summary", () => {
  it("sums a span up, in buckets", async () => {
    const pulses = Array.from({ length: 1000 }, (_, i) =>
      pulseOf({ service_name: "sums", event_time: START + i, latency_ms: i + 1, status: i % 10 === 0 ? "fail" : "ok" }),
    );
    await put(...pulses);
    const { body, headers } = await get(`/services/sums/summary?from=${START}&to=${START + 1000}&buckets=2`);
    expect(headers.get("cache-control")).toBe("no-cache");
    expect(body).toMatchObject({
      count: 1000,
      health: { up: 900, degraded: 0, down: 100, unknown: 0 },
      statuses: [
        { status: "ok", health: "up", count: 900 },
        { status: "fail", health: "down", count: 100 },
      ],
      latency_ms: { min: 1, max: 1000, mean: 500.5 },
    });
    for (const [name, exact] of [["p50", 500] as const, ["p95", 950] as const, ["p99", 990] as const]) {
      expect(Math.abs(body.latency_ms[name] - exact)).toBeLessThanOrEqual(exact / 100);
    }
    expect(body.buckets).toMatchObject([
      { from: new Date(START).toISOString(), to: new Date(START + 500).toISOString(), count: 500 },
      { from: new Date(START + 500).toISOString(), to: new Date(START + 1000).toISOString(), count: 500 },
    ]);
  });

  it("answers 304 to who has it already", async () => {
    await put(pulseOf({ service_name: "summed" }));
    const path = `/services/summed/summary?from=${START}&to=${START + 10}`;
    const { headers } = await get(path);
    const again = await get(path, { headers: { "if-none-match": headers.get("etag") ?? "" } });
    expect([again.status, again.body]).toEqual([304, undefined]);
  });

  it("covers the whole retention by default, in 60 buckets", async () => {
    await put(pulseOf({ service_name: "default" }));
    const { body } = await get("/services/default/summary");
    expect([body.count, body.buckets.length]).toEqual([1, 60]);
  });

  it("refuses a span that is longer than the retention", async () => {
    const { status, body } = await get("/services/any/summary?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z");
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: "/query/from", rule: expect.stringContaining("30 days") }]);
  });

  it("refuses too many buckets", async () => {
    expect((await get("/services/any/summary?buckets=501")).body.errors).toMatchObject([{ pointer: "/query/buckets" }]);
  });
});

describe("summaries at one time", () => {
  it("are bounded: beyond it is 503 with Retry-After, until one has ended", async () => {
    const own = openStore("many-summaries.db");
    let begun = 0;
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    // The store itself, at whose door every reader waits.
    const slow = Object.assign(Object.create(own), {
      async *scan(...asked: Parameters<typeof own.scan>) {
        begun++;
        await gate;
        yield* own.scan(...asked);
      },
      check: () => own.check(),
      close: () => own.close(),
    });
    const ownHost = await openLoopbackHost(createQuery({ store: slow, retentionMs: 30 * DAY, log }));
    const summary = (buckets: number) => fetch(`${ownHost.url}/services/any/summary?from=1&to=1000&buckets=${buckets}`);
    const first = Array.from({ length: 8 }, (_, i) => summary(i + 1));
    await vi.waitFor(() => expect(begun).toBe(8));
    const beyond = await summary(9);
    expect([beyond.status, beyond.headers.get("retry-after")]).toEqual([503, "1"]);
    letGo();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect((await summary(9)).status).toBe(200);
    await ownHost.close();
  });
});

describe("GET /services/{service}", () => {
  it("shows a service with its rhythm, and one that has fallen silent as late", async () => {
    const minute = 60_000;
    const newest = Date.now() - 5 * minute;
    await put(
      ...Array.from({ length: 8 }, (_, i) => pulseOf({ service_name: "silent", event_time: newest - i * minute })),
    );
    const { body } = await get("/services/silent");
    expect(body).toMatchObject({
      service_name: "silent",
      health: "late",
      usual_period_ms: minute,
      late_at: new Date(newest + 4 * minute).toISOString(),
    });
    const listed = (await get("/services")).body.services;
    expect(listed).toContainEqual(expect.objectContaining({ service_name: "silent", health: "late" }));
  });

  it("says when nothing is known of its rhythm", async () => {
    await put(pulseOf({ service_name: "once" }));
    expect((await get("/services/once")).body).toMatchObject({ health: "up", usual_period_ms: null, late_at: null });
  });

  it("is not found when it never pulsed", async () => {
    expect(await get("/services/nobody")).toMatchObject({ status: 404, body: { title: "Not found" } });
  });
});

describe("GET /services/{service}/badge.svg", () => {
  it("draws how the service is, as an image that can do nothing", async () => {
    await put(pulseOf({ service_name: "badge", status: "503" }));
    const response = await fetch(`${host.url}/services/badge/badge.svg`);
    expect(response.headers.get("content-type")).toBe("image/svg+xml");
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(await response.text()).toMatch(/^<svg .*<title>badge: down<\/title>.*<\/svg>$/);
    const headers = { "if-none-match": response.headers.get("etag") ?? "" };
    expect((await fetch(`${host.url}/services/badge/badge.svg`, { headers })).status).toBe(304);
  });

  it("takes a name for text, and one that never pulsed for unknown", async () => {
    const response = await fetch(`${host.url}/services/${encodeURIComponent('<script>&"')}/badge.svg`);
    const svg = await response.text();
    expect(svg).toContain("&lt;script&gt;&amp;&quot;: unknown");
    expect(svg).not.toContain("<script");
  });
});

describe("an export", () => {
  const ask = (query: string) =>
    fetch(`${host.url}/services/export/pulses?${query}`, { headers: { accept: "application/x-ndjson" } });

  it("is a whole span, a line for each pulse, newest first", async () => {
    await put(...Array.from({ length: 2500 }, (_, i) => pulseOf({ service_name: "export", event_time: START + i })));
    const response = await ask(`from=${START + 100}&to=${START + 2400}`);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines).toHaveLength(2300);
    const first = JSON.parse(lines[0] as string);
    expect(first).toMatchObject({ event_time: new Date(START + 2399).toISOString(), health: "up" });
    expect(first).toEqual((await get(`/services/export/pulses?to=${START + 2400}&limit=1`)).body.pulses[0]);
  });

  it("of nothing is empty", async () => {
    expect(await (await ask("from=1&to=2")).text()).toBe("");
  });

  it("has neither limit nor cursor", async () => {
    const response = await ask("limit=10");
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: "/query/limit" }] });
  });

  it("that is left early lets go of its place", async () => {
    for (let i = 0; i < 20; i++) {
      const response = await vi.waitFor(async () => {
        const one = await ask("");
        if (one.status !== 200) await one.body?.cancel();
        expect(one.status).toBe(200);
        return one;
      });
      await response.body?.cancel();
    }
  });
});

describe("GET /services/{service}/live", () => {
  it("begins with the service and its newest pulses, and goes on with each new one", async () => {
    await put(...Array.from({ length: 60 }, (_, i) => pulseOf({ service_name: "watched", event_time: START + i })));
    const listener = request(`${host.url}/services/watched/live`).end();
    const [response] = (await once(listener, "response")) as [IncomingMessage];
    let text = "";
    response.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    response.on("error", () => undefined);
    await vi.waitFor(() => expect(text).toContain('event: ready\ndata: {"pulses":50}\n'));
    expect(text.match(/event: service\n/g)).toHaveLength(1);
    expect(text.match(/event: pulse\n/g)).toHaveLength(50);
    const before = text.length;
    const pair = ["ok", "down"].map((status, i) =>
      pulseOf({ service_name: "watched", status, event_time: START + 70 + i, id: `live-${i}` }),
    );
    await put(...pair, pulseOf({ service_name: "another" }));
    await vi.waitFor(() => {
      const after = text.slice(before);
      expect(after.match(/"id":"live-[01]"/g)).toHaveLength(2);
      expect(after).toMatch(/event: service\ndata: \{"service_name":"watched","health":"down"/);
    });
    listener.destroy();
  });
});

describe("GET /live", () => {
  it("streams a pulse soon after it was stored", async () => {
    const listener = request(`${host.url}/live`).end();
    const [response] = (await once(listener, "response")) as [IncomingMessage];
    expect(response.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
    let text = "";
    response.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    response.on("error", () => undefined);
    await vi.waitFor(() => expect(text).toContain("event: ready\n"));
    expect(text).not.toContain('"live-one"');
    await put(pulseOf({ service_name: "live-one", status: "down" }));
    await vi.waitFor(() =>
      expect(text).toMatch(/event: pulse\ndata: \{"service_name":"live-one","health":"down".*\n\n/),
    );
    listener.destroy();
  });

  it("answers HEAD at once", async () => {
    const response = await fetch(`${host.url}/live`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  });

  it("refuses parameters", async () => {
    expect((await get("/live?service=a")).status).toBe(400);
  });
});

describe("pulse-query", () => {
  it("shares one summary among all who ask for the same span at the same time", async () => {
    const own = openStore("shared.db");
    let scans = 0;
    const counting = {
      latest: () => own.latest(),
      page: own.page.bind(own),
      scan: (...asked: Parameters<typeof own.scan>) => {
        scans++;
        return own.scan(...asked);
      },
      check: () => own.check(),
      close: () => own.close(),
    };
    // An answer is kept for a second, which a busy machine may need to take the last request: here time stands still.
    const at = Date.now();
    const ownHost = await openLoopbackHost(createQuery({ store: counting, retentionMs: 30 * DAY, log, now: () => at }));
    const ask = (to: number) => fetch(`${ownHost.url}/services/a/summary?from=${START}&to=${to}`);
    const answers = await Promise.all([ask(START + 1), ask(START + 1), ask(START + 1), ask(START + 2)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(scans).toBe(2);
    await ownHost.close();
  });

  it("ends its live streams when it is told to stop, and lets no new one begin", async () => {
    const own = openStore("own.db");
    const fn = createQuery({ store: own, retentionMs: 30 * DAY, log });
    const ownHost = await openLoopbackHost(fn);
    const response = await fetch(`${ownHost.url}/live`);
    fn.onDrain?.();
    expect(await response.text()).toMatch(/^retry: /);
    const refused = await fetch(`${ownHost.url}/live`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
    await refused.body?.cancel();
    await ownHost.close();
  });

  it("answers 503 while the store does not answer, and says so when asked whether it is ready", async () => {
    const own = openStore("closed.db");
    const fn = createQuery({ store: own, retentionMs: 30 * DAY, log });
    const ownHost = await openLoopbackHost(fn);
    await expect(fn.check()).resolves.toBeUndefined();
    await own.close();
    for (const path of ["/services", "/services/a", "/services/a/pulses", "/services/a/summary"]) {
      const response = await fetch(`${ownHost.url}${path}`);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await response.json()).toMatchObject({ title: "Service unavailable" });
    }
    await expect(fn.check()).rejects.toThrow(/Expected/);
    await ownHost.close();
  });
});
