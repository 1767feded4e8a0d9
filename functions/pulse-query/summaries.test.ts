import { describe, expect, it } from "vitest";
import { ask, openQuery, openStore, pulseOf, put, START } from "../testing/query-function.ts";

describe("GET /services/{service}/summary", () => {
  it("sums a span up, in buckets", async () => {
    const pulses = Array.from({ length: 1000 }, (_, i) =>
      pulseOf({ service_name: "sums", event_time: START + i, latency_ms: i + 1, status: i % 10 === 0 ? "fail" : "ok" }),
    );
    await put(...pulses);
    const { body, headers } = await ask(`/services/sums/summary?from=${START}&to=${START + 1000}&buckets=2`);
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

  it("answers 304 to a client that has the summary", async () => {
    await put(pulseOf({ service_name: "summed" }));
    const path = `/services/summed/summary?from=${START}&to=${START + 10}`;
    const { headers } = await ask(path);
    const again = await ask(path, { headers: { "if-none-match": headers.get("etag") ?? "" } });
    expect([again.status, again.body]).toEqual([304, undefined]);
  });

  it("covers the whole retention by default, in 60 buckets", async () => {
    await put(pulseOf({ service_name: "default" }));
    const { body } = await ask("/services/default/summary");
    expect([body.count, body.buckets.length]).toEqual([1, 60]);
  });

  it("refuses a span that is longer than the retention", async () => {
    const { status, body } = await ask("/services/any/summary?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z");
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: "/query/from", rule: expect.stringContaining("30 days") }]);
  });

  it("refuses too many buckets", async () => {
    expect((await ask("/services/any/summary?buckets=501")).body.errors).toMatchObject([{ pointer: "/query/buckets" }]);
  });
});

describe("summaries at one time", () => {
  it("are bounded: some more wait, and one beyond those gets 503 with Retry-After", async () => {
    const own = openStore();
    let begun = 0;
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    // The real store, except that every reading of measures waits for the gate.
    const slow = Object.assign(Object.create(own), {
      async *measures(...asked: Parameters<typeof own.measures>) {
        begun++;
        await gate;
        yield* own.measures(...asked);
      },
      check: () => own.check(),
      close: () => own.close(),
    });
    const { host } = await openQuery({ store: slow });
    const summary = (buckets: number) =>
      fetch(`${host.url}/services/any/summary?from=${START}&to=${START + 1000}&buckets=${buckets}`);
    const asked = Array.from({ length: 109 }, (_, i) => summary(i + 1));
    const beyond = await Promise.race(asked);
    expect([beyond.status, beyond.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(begun).toBe(8);
    letGo();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([...Array(108).fill(200), 503]);
    await host.close();
  });
});

describe("pulse-query", () => {
  it("shares one summary among all who ask for the same span at the same time", async () => {
    const own = openStore();
    let readings = 0;
    const counting = {
      latest: own.latest.bind(own),
      names: () => own.names(),
      page: own.page.bind(own),
      forget: own.forget.bind(own),
      scan: own.scan.bind(own),
      measures: (...asked: Parameters<typeof own.measures>) => {
        readings++;
        return own.measures(...asked);
      },
      health: own.health,
      markers: own.markers,
      check: () => own.check(),
      close: () => own.close(),
    };
    // An answer is kept for a second. A busy machine may need longer for the last request, so time stands still here.
    const at = Date.now();
    const { host } = await openQuery({ store: counting, now: () => at });
    const ask = (to: number) => fetch(`${host.url}/services/a/summary?from=${START}&to=${to}`);
    const answers = await Promise.all([ask(START + 1), ask(START + 1), ask(START + 1), ask(START + 2)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(readings).toBe(2);
    await host.close();
  });
});
