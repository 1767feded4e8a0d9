// For tests: parses a pulse as pulse-ingest does.
import { expect } from "vitest";
import type { Fault } from "../fault.ts";
import { type carriedPulseSchema, type PulseContext, parsePulse, pulseSchema } from "../pulse.ts";
import { DAY_MS } from "../time.ts";

export const NOW = Date.parse("2026-03-01T12:00:00Z");
export const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

export function contextWith(changes: Partial<PulseContext> = {}): PulseContext {
  return {
    source: "/test",
    id: undefined,
    newId: () => "made",
    traceparent: undefined,
    time: undefined,
    arrival: NOW,
    now: NOW,
    retentionMs: 30 * DAY_MS,
    ...changes,
  };
}

export const FIELDS = { service_name: "checkout", latency_ms: 12.5, status: "ok" };

export function parse(
  input: unknown,
  context = contextWith(),
  schema: typeof pulseSchema | typeof carriedPulseSchema = pulseSchema,
) {
  const faults: Fault[] = [];
  return { pulse: parsePulse(schema, input, context, "", faults), faults };
}

export function pointersOf(input: unknown, context?: PulseContext): string[] {
  const { pulse, faults } = parse(input, context);
  expect(pulse === undefined).toBe(faults.length > 0);
  return faults.map((one) => one.pointer);
}
