import { expect, it } from "vitest";
import { ask, pulseOf, put, START } from "../testing/query-function.ts";

const span = `from=${START}&to=${START + 1000}`;

it("a summary by a key tells which value is slow or down, the most frequent first, those without the key among them", async () => {
  const regions = ["eu", "eu", "us", undefined, "eu", undefined];
  const pulses = regions.map((region, i) =>
    pulseOf({
      service_name: "grouped",
      event_time: START + i,
      latency_ms: i,
      status: region === "us" ? "fail" : "ok",
      ...(region !== undefined && { metadata: { region } }),
    }),
  );
  await put(...pulses);
  const { body } = await ask(`/services/grouped/summary?${span}&by=region&buckets=1`);
  expect(body.count).toBe(6);
  expect(body.groups).toMatchObject([
    { value: "eu", is_rest: false, count: 3, health: { up: 3, down: 0 }, latency_ms: { min: 0, max: 4, p50: 1 } },
    { value: null, is_rest: false, count: 2, latency_ms: { min: 3, max: 5 } },
    { value: "us", count: 1, health: { up: 0, down: 1 } },
  ]);
  const { body: byStatus } = await ask(`/services/grouped/summary?${span}&by=status`);
  expect(byStatus.groups).toMatchObject([
    { value: "ok", count: 5 },
    { value: "fail", count: 1 },
  ]);
  expect((await ask(`/services/grouped/summary?${span}`)).body.groups).toBeUndefined();
});

it("has 20 values, and all others as one", async () => {
  const pulses = Array.from({ length: 61 }, (_, i) =>
    pulseOf({ service_name: "hosts", event_time: START, metadata: { host: String(Math.min(i % 31, 29)) } }),
  );
  await put(...pulses);
  const { body } = await ask(`/services/hosts/summary?${span}&by=host`);
  expect(body.groups).toHaveLength(21);
  expect(body.groups.at(-1)).toMatchObject({ value: null, is_rest: true });
  expect(body.groups.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(61);
});

it("is refused for more than a day, and for a key with too many values", async () => {
  const { status, body } = await ask("/services/any/summary?by=region");
  expect([status, body.errors[0]]).toMatchObject([
    400,
    { pointer: "/query/by", rule: expect.stringContaining("a day") },
  ]);
  const pulses = Array.from({ length: 501 }, (_, i) =>
    pulseOf({ service_name: "ids", event_time: START, metadata: { request: String(i) } }),
  );
  await put(...pulses);
  const many = await ask(`/services/ids/summary?${span}&by=request`);
  expect([many.status, many.body.errors[0].rule]).toEqual([400, expect.stringContaining("at most 500 values")]);
});
