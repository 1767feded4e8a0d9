import { describe, expect, it } from "vitest";
import { lateAfterMs, NEVER_LATE_BEFORE_MS, sightingsOf, usualPeriodOf } from "./lateness.ts";
import { serviceHealthOf } from "./service-health.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const now = Date.UTC(2026, 5, 1);

/** The times of pulses with these gaps, newest first, the newest at 0. */
function timesApart(...gaps: number[]): number[] {
  let time = 0;
  return [0, ...gaps.map((gap) => (time -= gap))];
}

function periodOf(newestFirst: readonly number[]): number | undefined {
  return usualPeriodOf(sightingsOf(newestFirst));
}

describe("the usual period", () => {
  it("is the mean time between sightings", () => {
    expect(periodOf(timesApart(MINUTE, MINUTE, MINUTE))).toBe(MINUTE);
    expect(periodOf(timesApart(MINUTE, 2 * MINUTE, 3 * MINUTE, 2 * MINUTE))).toBe(2 * MINUTE);
  });

  it("takes pulses of the same 28 seconds for one sighting", () => {
    const burst = [0, 0, 5 * SECOND, 22 * SECOND];
    const hour = 60 * MINUTE - 27 * SECOND;
    expect(periodOf(timesApart(...burst, hour, ...burst, hour, ...burst, hour))).toBe(60 * MINUTE);
    const everySecond = Array.from({ length: 90 }, (_, i) => now - i * SECOND);
    expect(sightingsOf(everySecond)).toEqual([0, 28, 56, 84].map((ago) => now - ago * SECOND));
    expect(lateAfterMs(periodOf(everySecond) ?? 0)).toBe(NEVER_LATE_BEFORE_MS);
  });

  it("counts the newest eight gaps of six hours", () => {
    expect(periodOf(timesApart(...Array(8).fill(MINUTE), 2 * MINUTE, 2 * MINUTE))).toBe(MINUTE);
    expect(periodOf(timesApart(...Array(8).fill(60 * MINUTE)))).toBe(60 * MINUTE);
    expect(sightingsOf(timesApart(...Array(8).fill(60 * MINUTE)))).toHaveLength(7);
  });

  it("is not known from fewer than three gaps", () => {
    expect(periodOf([])).toBeUndefined();
    expect(periodOf(timesApart(MINUTE, MINUTE))).toBeUndefined();
    expect(periodOf(timesApart(SECOND, SECOND, SECOND, SECOND))).toBeUndefined();
    expect(periodOf(timesApart(...Array(8).fill(150 * MINUTE)))).toBeUndefined();
  });
});

describe("a service's health", () => {
  const healthAfter = (silentMs: number, usualPeriodMs: number | undefined, status = "ok") =>
    serviceHealthOf({ status, event_time: now - silentMs, usualPeriodMs }, now);

  it("is what its newest pulse said, up to three periods and the grace", () => {
    for (const [status, health] of [
      ["ok", "up"],
      ["slow", "degraded"],
      ["503", "down"],
      ["purple", "unknown"],
    ] as const) {
      expect(healthAfter(4 * MINUTE, MINUTE, status)).toBe(health);
      expect(healthAfter(4 * MINUTE + 1, MINUTE, status)).toBe("late");
    }
  });

  // The same cases as in the promtool test of PulseServiceStopped.
  it("is late after 7 silent minutes for a period of a minute, and not after 25 for a period of ten", () => {
    expect(healthAfter(7 * MINUTE, MINUTE)).toBe("late");
    expect(healthAfter(25 * MINUTE, 10 * MINUTE)).toBe("up");
  });

  it("is never late without a period, and unknown after a day", () => {
    expect(healthAfter(DAY, undefined)).toBe("up");
    expect(healthAfter(DAY + 1, undefined, "down")).toBe("unknown");
  });

  it("does not mind a pulse from a clock that is ahead", () => {
    expect(healthAfter(-5 * MINUTE, MINUTE)).toBe("up");
  });
});
