// For tests: events in structured mode, and what decoding makes of a request.
import { expect } from "vitest";
import type { CloudEvent } from "../cloud-event.ts";
import type { Parsed } from "../fault.ts";
import { decodeEvents } from "../http-binding.ts";

export const ENVELOPE = { specversion: "1.0", id: "1", source: "/test", type: "test" };

/** Decodes a structured event with these members besides the required attributes. */
export function structured(members: object = {}): Parsed<CloudEvent[]> {
  return decodeEvents("structured", {}, Buffer.from(JSON.stringify({ ...ENVELOPE, ...members })));
}

export function pointersOf(parsed: Parsed<unknown>): string[] {
  return parsed.ok ? [] : parsed.faults.map((one) => one.pointer);
}

/** The event of a request with just one. */
export function only(parsed: Parsed<CloudEvent[]>): CloudEvent {
  expect(parsed).toMatchObject({ ok: true });
  if (!parsed.ok || parsed.value.length !== 1) throw new Error("Expected one event");
  return parsed.value[0] as CloudEvent;
}
