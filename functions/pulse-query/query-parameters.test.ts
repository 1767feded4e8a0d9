import { describe, expect, it } from "vitest";
import { pulsesParameters, readSpanQuery, summaryParameters } from "./query-parameters.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const context = { now, retentionMs: 30 * DAY };
const pulses = (query: string) => readSpanQuery(pulsesParameters, new URLSearchParams(query), context);
const summary = (query: string) => readSpanQuery(summaryParameters, new URLSearchParams(query), context);

describe("the span of a query", () => {
  it("is the whole retention up to the latest time that a pulse may have", () => {
    const span = { from: now - 30 * DAY, to: now + 5 * MINUTE };
    expect(pulses("")).toEqual({ ok: true, value: { span, limit: 100, cursor: undefined } });
    expect(summary("")).toEqual({ ok: true, value: { span, buckets: 60 } });
  });

  it("begins a retention before `to` when `from` is absent", () => {
    expect(pulses(`to=${now - DAY}`)).toMatchObject({ value: { span: { from: now - 31 * DAY - 5 * MINUTE } } });
    expect(pulses("to=1970-01-01T00:00:00.005Z")).toMatchObject({ value: { span: { from: 0, to: 5 } } });
  });

  it("ends ahead of now when `to` is absent, even for `from` in the future", () => {
    expect(pulses(`from=${now - DAY}`)).toMatchObject({ value: { span: { from: now - DAY, to: now + 5 * MINUTE } } });
    expect(pulses(`from=${now + DAY}`)).toMatchObject({ value: { span: { from: now + DAY, to: now + DAY + 1 } } });
  });

  it.each([
    [`from=${now}&to=${now}`, "/query/to", "Expected a time after from", "one that is not after it"],
    [`from=${now}&to=${now - 1}`, "/query/to", "Expected a time after from", "one that is not after it"],
    [
      `from=${now - 31 * DAY}`,
      "/query/from",
      "Expected a time at most 30 days (the retention) before to",
      "an earlier time",
    ],
  ])("is refused when it is %s", (query, pointer, rule, got) => {
    for (const read of [pulses, summary]) {
      expect(read(query)).toEqual({ ok: false, faults: [{ pointer, rule, got }] });
    }
  });
});

describe("the limits of a query", () => {
  it.each(["limit=0", "limit=1001", "buckets=5"])("refuse %s for pulses", (query) => {
    expect(pulses(query).ok).toBe(false);
  });

  it.each(["buckets=0", "buckets=501", "limit=5", "cursor=x"])("refuse %s for a summary", (query) => {
    expect(summary(query).ok).toBe(false);
  });

  it("include their bounds", () => {
    expect(pulses("limit=1000&cursor=abc")).toMatchObject({ value: { limit: 1000, cursor: "abc" } });
    expect(summary("buckets=500")).toMatchObject({ value: { buckets: 500 } });
  });
});
