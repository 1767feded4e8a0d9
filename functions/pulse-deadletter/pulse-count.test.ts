import { expect, it } from "vitest";
import { type CloudEvent, type EventData, PULSE_TYPE, PULSES_TYPE } from "../../events/cloud-event.ts";
import { countPulses } from "./pulse-count.ts";

function event(type: string, data: EventData): CloudEvent {
  return { id: "1", source: "/test", type, extensions: {}, data };
}

it("counts the pulses of an event, valid or not", () => {
  expect(countPulses(event(PULSES_TYPE, { kind: "json", value: { pulses: [{}, {}, {}] } }))).toBe(3);
  expect(countPulses(event(PULSES_TYPE, { kind: "bytes", bytes: Buffer.from('{"pulses":[1,2]}') }))).toBe(2);
  expect(countPulses(event(PULSE_TYPE, { kind: "none" }))).toBe(1);
});

it("counts one for an event that it cannot read, and none for a foreign type", () => {
  expect(countPulses(event(PULSES_TYPE, { kind: "bytes", bytes: Buffer.from("{") }))).toBe(1);
  expect(countPulses(event(PULSES_TYPE, { kind: "json", value: null }))).toBe(1);
  expect(countPulses(event("com.example.other", { kind: "none" }))).toBe(0);
});
