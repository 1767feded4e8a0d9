import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { PULSE_TYPE, PULSES_TYPE } from "./cloud-event.ts";
import { formatSchema, jsonSchemas, schemaFileOf } from "./json-schema.ts";
import { pulsesOf } from "./pulse-event.ts";
import { DAY_MS } from "./time.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const SCHEMAS = jsonSchemas();
const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
addFormats.default(ajv);

/** Whether a validator takes an event's data by the published schema. */
function schemaTakes(type: string, data: unknown): boolean {
  return ajv.validate(SCHEMAS[type] as object, data);
}

/** Whether the functions take the data. */
function parserTakes(type: string, data: unknown): boolean {
  const event = { id: "1", source: "/test", type, extensions: {}, data: { kind: "json" as const, value: data } };
  return pulsesOf(event, { now: NOW, retentionMs: 30 * DAY_MS, maxPulses: 100 }).ok;
}

const FIELDS = { service_name: "checkout", latency_ms: 12.5, status: "ok" };
const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));

const GOOD: object[] = [
  {},
  { service_name: `0${"-".repeat(127)}` },
  { service_name: "a.b_c:d/e-f" },
  { event_time: "2026-03-01T11:59:59.123+00:00" },
  { event_time: "2026-02-28t23:59:59z" },
  { event_time: NOW - 1 },
  { latency_ms: 0 },
  { latency_ms: 86_400_000 },
  { status: "ü".repeat(64) },
  { metadata: {} },
  { metadata: entries(32) },
  { metadata: { ["k".repeat(64)]: "v".repeat(1024) } },
  { id: "1" },
  { id: null, event_time: null, metadata: null },
  { status: 200 },
  { status: "😀".repeat(64), metadata: { ["😀".repeat(64)]: "😀".repeat(1024) } },
];

const BAD: object[] = [
  { service_name: undefined },
  { service_name: "" },
  { service_name: "a b" },
  { service_name: "-a" },
  { service_name: "a\n" },
  { service_name: "a".repeat(129) },
  { event_time: "2026-03-01" },
  { event_time: "2026-02-30T00:00:00Z" },
  { event_time: "2026-03-01T10:00:00" },
  { event_time: "2026-02-28T24:00:00Z" },
  { event_time: NOW - 0.5 },
  { event_time: true },
  { latency_ms: undefined },
  { latency_ms: -1 },
  { latency_ms: 86_400_001 },
  { latency_ms: "1" },
  { latency_ms: null },
  { status: undefined },
  { status: "" },
  { status: "x".repeat(65) },
  { status: true },
  { status: "😀".repeat(65) },
  { metadata: [] },
  { metadata: { a: 1 } },
  { metadata: { "": "v" } },
  { metadata: { ["k".repeat(65)]: "v" } },
  { metadata: { a: "v".repeat(1025) } },
  { metadata: { a: "😀".repeat(1025) } },
  { metadata: { ["😀".repeat(65)]: "v" } },
  { metadata: entries(33) },
  { id: "" },
  { id: "x".repeat(129) },
  { id: 1 },
  { extra: 1 },
];

describe("the published schema", () => {
  it.each(Object.keys(SCHEMAS))("of %s is up to date (`npm run schemas` writes it)", (type) => {
    expect(readFileSync(schemaFileOf(type), "utf8")).toBe(formatSchema(SCHEMAS[type] as object));
  });

  it("names itself", () => {
    for (const [type, schema] of Object.entries(SCHEMAS)) {
      expect(schema).toMatchObject({
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $id: `urn:pulsemesh:schema:${type}`,
        title: expect.any(String),
      });
    }
  });

  const whole = (changes: object) => JSON.parse(JSON.stringify({ ...FIELDS, ...changes }));

  it.each(GOOD)("takes, as the functions do, a pulse with %j", (changes) => {
    const pulse = whole(changes);
    for (const takes of [schemaTakes, parserTakes]) {
      expect(takes(PULSE_TYPE, pulse)).toBe(true);
      expect(takes(PULSES_TYPE, { pulses: [FIELDS, pulse] })).toBe(true);
    }
  });

  it.each(BAD)("refuses, as the functions do, a pulse with %j", (changes) => {
    const pulse = whole(changes);
    for (const takes of [schemaTakes, parserTakes]) {
      expect(takes(PULSE_TYPE, pulse)).toBe(false);
      expect(takes(PULSES_TYPE, { pulses: [FIELDS, pulse] })).toBe(false);
    }
  });

  it.each([null, 7, "text", [], [FIELDS]])("refuses, as the functions do, %j for a pulse", (data) => {
    expect(schemaTakes(PULSE_TYPE, data)).toBe(false);
    expect(parserTakes(PULSE_TYPE, data)).toBe(false);
  });

  it("takes a carried pulse's source and trace context where the functions do", () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const rows: [object, boolean][] = [
      [{ source: "/own", traceparent }, true],
      [{ source: "" }, false],
      [{ source: "x".repeat(513) }, false],
      [{ traceparent: "00-x" }, false],
    ];
    for (const [changes, isTaken] of rows) {
      const pulse = whole(changes);
      for (const takes of [schemaTakes, parserTakes]) {
        expect(takes(PULSES_TYPE, { pulses: [pulse] })).toBe(isTaken);
        expect(takes(PULSE_TYPE, pulse)).toBe(false);
      }
    }
  });

  it.each([{}, [], null, { pulses: {} }, { pulses: null }])("refuses, as the functions do, %j for pulses", (data) => {
    expect(schemaTakes(PULSES_TYPE, data)).toBe(false);
    expect(parserTakes(PULSES_TYPE, data)).toBe(false);
  });

  it("takes no pulses at all for an event of many", () => {
    expect(schemaTakes(PULSES_TYPE, { pulses: [] })).toBe(true);
    expect(parserTakes(PULSES_TYPE, { pulses: [] })).toBe(true);
  });
});
