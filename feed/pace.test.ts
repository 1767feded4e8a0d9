import { describe, expect, it } from "vitest";
import { Pace } from "./pace.ts";

/** A clock that moves only while someone waits, and then `lateMs` further than asked. */
function clockWith(lateMs = 0) {
  const clock = {
    at: 1000,
    now: () => clock.at,
    wait: async (ms: number) => {
      clock.at += ms + lateMs;
    },
  };
  return clock;
}

const signal = new AbortController().signal;

describe("Pace", () => {
  it("holds the rate, the first at once", async () => {
    const clock = clockWith();
    const pace = new Pace(100, clock);
    const times: number[] = [];
    for (let i = 0; i < 4; i++) {
      await pace.take(50, signal);
      times.push(clock.at);
    }
    expect(times).toEqual([1000, 1500, 2000, 2500]);
  });

  it("makes up for timers that are late", async () => {
    const clock = clockWith(20);
    const pace = new Pace(1000, clock);
    for (let i = 0; i < 100; i++) await pace.take(100, signal);
    expect(clock.at - 1000).toBeLessThan(9900 + 21);
  });

  it("does not make up for a long pause with a burst", async () => {
    const clock = clockWith();
    const pace = new Pace(10, clock);
    await pace.take(1, signal);
    clock.at += 60_000;
    const resumedAt = clock.at;
    for (let i = 0; i < 26; i++) await pace.take(1, signal);
    expect(clock.at - resumedAt).toBe(2000);
  });

  it("never waits when there is no limit", async () => {
    const clock = clockWith();
    await new Pace(Number.POSITIVE_INFINITY, clock).take(1e9, signal);
    expect(clock.at).toBe(1000);
  });
});
