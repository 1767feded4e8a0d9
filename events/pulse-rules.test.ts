import { describe, expect, it } from "vitest";
import { MAX_LATENCY_MS } from "./pulse.ts";
import { MAX_AHEAD_MS } from "./pulse-time.ts";
import { FIELDS, NOW, pointersOf, TRACEPARENT } from "./testing/parsed-pulse.ts";
import { DAY_MS } from "./time.ts";

describe("a pulse", () => {
  it.each([
    { service_name: "a" },
    { service_name: `A${"-".repeat(127)}` },
    { service_name: "0.a_b:c/d-e" },
    { latency_ms: 0 },
    { latency_ms: MAX_LATENCY_MS },
    { latency_ms: 0.000001 },
    { status: "x" },
    { status: "ü".repeat(64) },
    { event_time: NOW },
    { event_time: NOW + MAX_AHEAD_MS },
    { event_time: NOW - 30 * DAY_MS },
    { event_time: "2026-03-01T13:00:00+01:00" },
    { id: "x".repeat(128) },
    { metadata: {} },
    { metadata: { key: "" } },
    { metadata: { ["k".repeat(64)]: "v".repeat(1024) } },
    { status: "😀".repeat(64), id: "😀".repeat(128), metadata: { ["😀".repeat(64)]: "😀".repeat(1024) } },
    { metadata: Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`k${i}`, "v"])) },
    { metadata: { "ключ 🔑": "значение", constructor: "x" } },
  ])("may hold %j", (members) => {
    expect(pointersOf({ ...FIELDS, ...members })).toEqual([]);
  });

  it.each<[object, string]>([
    [{ service_name: undefined }, "/service_name"],
    [{ service_name: "" }, "/service_name"],
    [{ service_name: "-a" }, "/service_name"],
    [{ service_name: "a b" }, "/service_name"],
    [{ service_name: "a\n" }, "/service_name"],
    [{ service_name: "ä" }, "/service_name"],
    [{ service_name: "a".repeat(129) }, "/service_name"],
    [{ service_name: 7 }, "/service_name"],
    [{ latency_ms: undefined }, "/latency_ms"],
    [{ latency_ms: "12" }, "/latency_ms"],
    [{ latency_ms: null }, "/latency_ms"],
    [{ latency_ms: -0.001 }, "/latency_ms"],
    [{ latency_ms: MAX_LATENCY_MS + 0.001 }, "/latency_ms"],
    [{ latency_ms: Number.NaN }, "/latency_ms"],
    [{ latency_ms: Number.POSITIVE_INFINITY }, "/latency_ms"],
    [{ status: undefined }, "/status"],
    [{ status: "" }, "/status"],
    [{ status: true }, "/status"],
    [{ status: [] }, "/status"],
    [{ status: Number.POSITIVE_INFINITY }, "/status"],
    [{ status: "😀".repeat(65) }, "/status"],
    [{ status: "x".repeat(65) }, "/status"],
    [{ status: "\ud83d" }, "/status"],
    [{ event_time: "" }, "/event_time"],
    [{ event_time: "2026-03-01T12:00:00" }, "/event_time"],
    [{ event_time: `${NOW}` }, "/event_time"],
    [{ event_time: NOW + 0.5 }, "/event_time"],
    [{ event_time: 2 ** 60 }, "/event_time"],
    [{ event_time: NOW + MAX_AHEAD_MS + 1 }, "/event_time"],
    [{ event_time: NOW - 30 * DAY_MS - 1 }, "/event_time"],
    [{ id: "" }, "/id"],
    [{ id: 7 }, "/id"],
    [{ id: "x".repeat(129) }, "/id"],
    [{ id: "\udfff" }, "/id"],
    [{ metadata: { a: "😀".repeat(1025) } }, "/metadata/a"],
    [{ metadata: { ["😀".repeat(65)]: "v" } }, `/metadata/${"😀".repeat(65)}`],
    [{ metadata: [] }, "/metadata"],
    [{ metadata: "a" }, "/metadata"],
    [{ metadata: { "": "v" } }, "/metadata/"],
    [{ metadata: { a: 1 } }, "/metadata/a"],
    [{ metadata: { a: null } }, "/metadata/a"],
    [{ metadata: { a: "v".repeat(1025) } }, "/metadata/a"],
    [{ metadata: { a: "\ud800" } }, "/metadata/a"],
    [{ metadata: { ["k".repeat(65)]: "v" } }, `/metadata/${"k".repeat(65)}`],
    [{ metadata: { "a/b~c": 1 } }, "/metadata/a~1b~0c"],
    [{ metadata: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, "v"])) }, "/metadata"],
    [{ latency: 3 }, "/latency"],
    [{ source: "/other" }, "/source"],
    [{ traceparent: TRACEPARENT }, "/traceparent"],
    [JSON.parse('{"__proto__": {"id": "x"}}'), "/__proto__"],
  ])("may not hold %j", (members, pointer) => {
    const input = { ...FIELDS };
    for (const [name, value] of Object.entries(members)) {
      Object.defineProperty(input, name, { value, enumerable: true, configurable: true, writable: true });
    }
    expect(pointersOf(input)).toEqual([pointer]);
  });

  it.each([null, undefined, 7, "text", true, [], [FIELDS]])("is not %j", (input) => {
    expect(pointersOf(input)).toEqual([""]);
  });
});
