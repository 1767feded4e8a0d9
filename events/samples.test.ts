import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import type { CloudEvent } from "./cloud-event.ts";
import type { Fault, Parsed } from "./fault.ts";
import { decodeEvents, type EventMode } from "./http-binding.ts";
import { jsonSchemas } from "./json-schema.ts";
import { type Pulse, parsePulse, pulseSchema } from "./pulse.ts";
import { pulsesOf } from "./pulse-event.ts";
import { DAY_MS } from "./time.ts";

const FOLDER = new URL("samples/", import.meta.url);
const NOW = Date.parse("2026-03-01T12:00:00Z");
const CONTEXT = { now: NOW, retentionMs: 30 * DAY_MS, maxPulses: 100 };
const SCHEMAS = jsonSchemas();
const ajv = new Ajv2020();
addFormats.default(ajv);

function read(name: string): Buffer {
  return readFileSync(new URL(name, FOLDER));
}

function eventsIn(mode: EventMode, name: string): CloudEvent[] {
  const decoded = decodeEvents(mode, {}, read(name));
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
  return decoded.value;
}

function pulsesIn(mode: EventMode, name: string): Parsed<Pulse[]> {
  const pulses: Pulse[] = [];
  for (const event of eventsIn(mode, name)) {
    const parsed = pulsesOf(event, CONTEXT);
    if (!parsed.ok) return parsed;
    pulses.push(...parsed.value);
  }
  return { ok: true, value: pulses };
}

function plainPulsesIn(values: unknown[]): Parsed<Pulse[]> {
  const context = { ...CONTEXT, source: "/pulse", id: undefined, newId: () => "made", arrival: NOW };
  const faults: Fault[] = [];
  const pulses = values.map((value) =>
    parsePulse(pulseSchema, value, { ...context, time: undefined, traceparent: undefined }, "", faults),
  );
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: pulses as Pulse[] };
}

const lines = () => read("pulses.ndjson").toString().trim().split("\n");
const SAMPLES: Record<string, () => Parsed<Pulse[]>> = {
  "pulse.json": () => plainPulsesIn([JSON.parse(read("pulse.json").toString())]),
  "pulses.json": () => plainPulsesIn(JSON.parse(read("pulses.json").toString())),
  "pulses.ndjson": () => plainPulsesIn(lines().map((line) => JSON.parse(line))),
  "cloudevent-structured.json": () => pulsesIn("structured", "cloudevent-structured.json"),
  "cloudevent-batch.json": () => pulsesIn("batch", "cloudevent-batch.json"),
  "cloudevent-pulses.json": () => pulsesIn("structured", "cloudevent-pulses.json"),
};

describe("the sample events", () => {
  it("are all tested here", () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...Object.keys(SAMPLES), "poison.json"].sort());
  });

  const counts = Object.entries({
    "pulse.json": 1,
    "pulses.json": 4,
    "pulses.ndjson": 3,
    "cloudevent-structured.json": 1,
    "cloudevent-batch.json": 2,
    "cloudevent-pulses.json": 3,
  });

  it.each(counts)("%s holds %i good pulses", (name, count) => {
    const parsed = SAMPLES[name]?.();
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed?.ok && parsed.value).toHaveLength(count);
  });

  it.each(counts)("%s has no time, so that it never gets too old", (name) => {
    expect(read(name).toString()).not.toMatch(/"(event_)?time"/);
  });

  it.each([
    ["structured", "cloudevent-structured.json"],
    ["structured", "cloudevent-pulses.json"],
    ["batch", "cloudevent-batch.json"],
  ] as const)("in %s mode, %s keeps the published schema of its type", (mode, name) => {
    for (const { type, data } of eventsIn(mode, name)) {
      expect(ajv.validate(SCHEMAS[type] as object, data.kind === "json" && data.value)).toBe(true);
    }
  });

  it("poison.json is a good CloudEvent with a bad pulse", () => {
    expect(eventsIn("structured", "poison.json")).toHaveLength(1);
    expect(pulsesIn("structured", "poison.json")).toMatchObject({
      ok: false,
      faults: [{ pointer: "/data/latency_ms" }],
    });
  });
});
