import { expect, it } from "vitest";
import { ask, pulseOf, put, START } from "../testing/query-function.ts";

const MINUTE = 60_000;

it("GET /trends has the p95 of each service by bucket, by the names that were asked for", async () => {
  const latencies = [[1, 2, 3], [], [7]];
  const pulses = latencies.flatMap((some, minute) =>
    some.map((latency_ms) => pulseOf({ service_name: "edge/a", latency_ms, event_time: START + minute * MINUTE })),
  );
  await put(...pulses, pulseOf({ service_name: "b", latency_ms: 5 }));
  const span = `from=${START}&to=${START + 3 * MINUTE}&buckets=3`;
  const { status, body, headers } = await ask(`/trends?${span}&services=edge%2Fa,b,never,b`);
  expect([status, headers.get("cache-control")]).toEqual([200, "no-cache"]);
  expect(body).toEqual({
    from: new Date(START).toISOString(),
    to: new Date(START + 3 * MINUTE).toISOString(),
    trends: [
      { service_name: "b", p95: [5, null, null] },
      { service_name: "edge/a", p95: [3, null, 7] },
      { service_name: "never", p95: [null, null, null] },
    ],
  });
  const tag = headers.get("etag") ?? "";
  const again = await ask(`/trends?${span}&services=b,edge%2Fa,never`, { headers: { "if-none-match": tag } });
  expect(again.status).toBe(304);
  expect((await ask(`/trends?${span}`)).body.trends).toEqual([]);
});

it.each([
  ["no name", "a,,b"],
  ["a name that no service can have", "a b"],
  ["too many", Array.from({ length: 241 }, (_, i) => `s${i}`).join()],
])("GET /trends refuses %s", async (_, services) => {
  const { status, body } = await ask(`/trends?services=${encodeURIComponent(services)}`);
  expect([status, body.errors[0].pointer]).toEqual([400, "/query/services"]);
});
