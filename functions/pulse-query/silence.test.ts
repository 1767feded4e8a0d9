import { describe, expect, it } from "vitest";
import type { JudgedService } from "./service-list.ts";
import { nothingNewSince } from "./silence.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** When the newest pulse of all was seen. */
const newAt = Date.UTC(2026, 5, 1);

/** A service whose newest pulse is `before` ms older than that. */
function serviceOf(usualPeriodMs: number | undefined, before = 0): JudgedService {
  const event_time = newAt - before;
  const pulse = { service_name: "a", event_time, latency_ms: 1, status: "ok", id: "1", source: "/" };
  return { pulse, health: "up", usualPeriodMs };
}

describe("nothing new of any service", () => {
  it.each<[string, JudgedService[], number | undefined]>([
    ["no service", [], undefined],
    ["a service without a usual period", [serviceOf(undefined)], undefined],
    ["a service that pulses every 28 s", [serviceOf(28 * SECOND)], MINUTE],
    ["one that pulses every minute", [serviceOf(MINUTE)], 2 * MINUTE],
    ["one every hour, and one every minute", [serviceOf(HOUR), serviceOf(MINUTE, 30 * SECOND)], 2 * MINUTE],
    ["one every hour", [serviceOf(HOUR)], 2 * HOUR],
    ["one every minute that was late before, and one every hour", [serviceOf(MINUTE, HOUR), serviceOf(HOUR)], 2 * HOUR],
    ["one that was late before, alone", [serviceOf(MINUTE, HOUR)], undefined],
  ])("is said of %s after twice the usual period, and not before a minute", (_, services, afterMs) => {
    if (afterMs === undefined) {
      expect(nothingNewSince(services, newAt, newAt + 100 * HOUR)).toBeUndefined();
      return;
    }
    expect(nothingNewSince(services, newAt, newAt + afterMs - 1)).toBeUndefined();
    expect(nothingNewSince(services, newAt, newAt + afterMs)).toBe(newAt);
  });
});
