import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carriedPulseSchema, encodePulse, MAX_LATENCY_MS, type Pulse } from "./pulse.ts";
import { MAX_AHEAD_MS } from "./pulse-time.ts";
import { contextWith, FIELDS, NOW, parse, pointersOf, TRACEPARENT } from "./testing/parsed-pulse.ts";
import { DAY_MS } from "./time.ts";

// A fixed seed: each run has the same cases.
fc.configureGlobal({ seed: 20_261_124 });

describe("a pulse", () => {
  it("gets from its context what its sender left out", () => {
    expect(parse(FIELDS).pulse).toEqual({ ...FIELDS, event_time: NOW, id: "made", source: "/test" });
  });

  it("keeps all that its sender gave", () => {
    const input = { ...FIELDS, event_time: "2026-03-01T11:59:59.123456+00:00", metadata: { region: "eu" }, id: "a" };
    const context = contextWith({ id: "other", time: 1, traceparent: TRACEPARENT });
    expect(parse(input, context).pulse).toEqual({
      ...FIELDS,
      event_time: NOW - 877,
      metadata: { region: "eu" },
      id: "a",
      source: "/test",
      traceparent: TRACEPARENT,
    });
  });

  it("prefers the time of its envelope to that of its arrival", () => {
    expect(parse(FIELDS, contextWith({ time: NOW - 5, arrival: NOW - 3 })).pulse?.event_time).toBe(NOW - 5);
    expect(parse(FIELDS, contextWith({ arrival: NOW - 3 })).pulse?.event_time).toBe(NOW - 3);
  });

  it("notes that its time is its arrival's only when it has an identity, with which it may come again", () => {
    expect(parse(FIELDS).pulse).not.toHaveProperty("is_time_of_arrival");
    expect(parse({ ...FIELDS, id: "a" }).pulse?.is_time_of_arrival).toBe(true);
    expect(parse(FIELDS, contextWith({ id: "key/0" })).pulse?.is_time_of_arrival).toBe(true);
    expect(parse({ ...FIELDS, id: "a", event_time: NOW }).pulse).not.toHaveProperty("is_time_of_arrival");
    expect(parse(FIELDS, contextWith({ id: "a", time: NOW })).pulse).not.toHaveProperty("is_time_of_arrival");
  });

  it.each([
    [200, "200"],
    [404.5, "404.5"],
    [-0, "0"],
  ])("has the number %d as its status in words", (status, text) => {
    expect(parse({ ...FIELDS, status }).pulse?.status).toBe(text);
  });

  it("takes null for a field that its sender left out", () => {
    const nulls = { event_time: null, metadata: null, id: null };
    expect(parse({ ...FIELDS, ...nulls }).pulse).toEqual(parse(FIELDS).pulse);
    const carried = { ...FIELDS, ...nulls, source: null, traceparent: null };
    expect(parse(carried, contextWith(), carriedPulseSchema).pulse).toEqual(parse(FIELDS).pulse);
    expect(pointersOf({ service_name: null, latency_ms: null, status: null })).toEqual([
      "/service_name",
      "/latency_ms",
      "/status",
    ]);
  });

  it.each([JSON.stringify(FIELDS), ` [${JSON.stringify(FIELDS)}]\n`])("says that %j is JSON encoded twice", (input) => {
    expect(parse(input).faults).toEqual([
      { pointer: "", rule: "Expected a pulse: an object", got: "a string that holds JSON: send the object itself" },
    ]);
    expect(parse("checkout is ok").faults[0]?.got).toBe("string");
  });

  it("keeps the metadata key __proto__ as text", () => {
    const metadata = JSON.parse('{"__proto__": "x"}');
    const { pulse } = parse({ ...FIELDS, metadata });
    expect(Object.entries(pulse?.metadata ?? {})).toEqual([["__proto__", "x"]]);
    expect(encodePulse(pulse as Pulse)).toContain('"metadata":{"__proto__":"x"}');
  });

  it("is refused with all its faults, each with its rule and kind and never its value", () => {
    const { faults } = parse({ service_name: "-secret", latency_ms: "secret", metadata: { a: 7 }, extra: [] });
    expect(faults.map((one) => [one.pointer, one.got])).toEqual([
      ["/service_name", "string"],
      ["/latency_ms", "string"],
      ["/status", "absent"],
      ["/extra", "array"],
      ["/metadata/a", "number"],
    ]);
    for (const one of faults) expect(one.rule).toMatch(/^Expected /);
    expect(JSON.stringify(faults)).not.toContain("secret");
  });

  it.each([
    [NOW / 1000, "seconds"],
    [NOW / 1000 + 0.123, "seconds"],
    [NOW * 1000, "microseconds"],
    [NOW * 1e6, "nanoseconds"],
  ])("names the unit of %d: epoch %s", (event_time, unit) => {
    const { faults } = parse({ ...FIELDS, event_time });
    expect(faults).toEqual([
      {
        pointer: "/event_time",
        rule: expect.stringContaining("Expected"),
        got: `a number that looks like epoch ${unit}: send milliseconds`,
      },
    ]);
  });

  it.each([0, 7, -1, NOW - 31 * DAY_MS, 1e21])("names no unit of %d", (event_time) => {
    expect(parse({ ...FIELDS, event_time }).faults).toMatchObject([{ pointer: "/event_time", got: "number" }]);
  });

  it("may have any time where neither now nor the retention has an end, as in a file that is read ahead of its sending", () => {
    const anyTime = contextWith({ now: Number.POSITIVE_INFINITY, retentionMs: Number.POSITIVE_INFINITY });
    for (const event_time of [0, NOW, NOW + 31 * DAY_MS]) {
      expect(parse({ ...FIELDS, event_time }, anyTime)).toMatchObject({ faults: [], pulse: { event_time } });
    }
  });

  it("is refused for a bad time of its envelope", () => {
    const { faults } = parse(FIELDS, contextWith({ time: NOW - 31 * DAY_MS }));
    expect(faults).toEqual([
      {
        pointer: "/event_time",
        rule: "Expected a time at most 5 minutes ahead and at most 30 days old (the retention)",
        got: "absent",
      },
    ]);
  });

  it("may have its own source and trace context only inside an event of PulseMesh", () => {
    const input = { ...FIELDS, source: "/own", traceparent: TRACEPARENT };
    expect(parse(input, contextWith(), carriedPulseSchema).pulse).toMatchObject({
      source: "/own",
      traceparent: TRACEPARENT,
    });
    const bad = { ...FIELDS, source: "", traceparent: "00-x" };
    expect(parse(bad, contextWith(), carriedPulseSchema).faults.map((one) => one.pointer)).toEqual([
      "/source",
      "/traceparent",
    ]);
  });
});

describe("a pulse inside an event of PulseMesh", () => {
  const text = (maxLength: number) =>
    fc.string({ unit: "binary", minLength: 1, maxLength }).filter((one) => one.length <= maxLength);
  const pulses: fc.Arbitrary<Pulse> = fc
    .record(
      {
        service_name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/),
        event_time: fc.integer({ min: NOW - 30 * DAY_MS, max: NOW + MAX_AHEAD_MS }),
        latency_ms: fc.double({ min: 0, max: MAX_LATENCY_MS, noNaN: true }).map((ms) => ms + 0),
        status: text(64),
        metadata: fc.dictionary(text(64), fc.string({ unit: "binary", maxLength: 100 }), {
          maxKeys: 32,
          noNullPrototype: true,
        }),
        id: text(128),
        source: text(512),
        traceparent: fc.constant(TRACEPARENT),
        is_time_of_arrival: fc.constant(true as const),
      },
      { requiredKeys: ["service_name", "event_time", "latency_ms", "status", "id", "source"] },
    )
    // The broker that delivers the event gives the time of arrival.
    .map((pulse) => (pulse.is_time_of_arrival ? { ...pulse, event_time: NOW } : pulse) as Pulse);

  it("is read back the same", () => {
    fc.assert(
      fc.property(pulses, (pulse) => {
        const context = contextWith({ id: "event/0", source: "/pulse" });
        expect(parse(JSON.parse(encodePulse(pulse)), context, carriedPulseSchema)).toEqual({ pulse, faults: [] });
      }),
      { numRuns: 300 },
    );
  });
});
