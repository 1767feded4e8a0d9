import { LATE_GRACE_MS } from "../events/lateness.ts";

/** How fast dashboards and rules live. A test runs a day's worth of them in a minute. */
export interface Timing {
  /** Seconds between two scrapes of a target. */
  scrapeSeconds: number;
  /** Seconds between two evaluations of the rules. */
  tickSeconds: number;
  /** What a service may be late besides its periods, in seconds. */
  graceSeconds: number;
  /** What "a day ago" is, in seconds. */
  daySeconds: number;
  /** So many seconds, in this timing, as a number. */
  seconds(seconds: number): number;
  /** A window of so many seconds, in this timing, as PromQL writes it. */
  window(seconds: number): string;
  /** How long a condition of so many seconds must hold, in this timing, as a rule's `for`. */
  hold(seconds: number): string;
}

const DAY_SECONDS = 86_400;

/** The timing of production. */
export const REAL_TIME: Timing = {
  scrapeSeconds: 10,
  tickSeconds: 15,
  graceSeconds: LATE_GRACE_MS / 1000,
  daySeconds: DAY_SECONDS,
  seconds: (seconds) => seconds,
  window: durationOf,
  hold: durationOf,
};

/** Everything `speedup` times as fast, scraped every two seconds; no window is shorter than five scrapes. */
export function hasten(speedup: number, daySeconds: number): Timing {
  return {
    scrapeSeconds: 2,
    tickSeconds: 1,
    graceSeconds: LATE_GRACE_MS / 1000 / speedup,
    daySeconds,
    seconds: (seconds) => seconds / speedup,
    window: (seconds) => durationOf(Math.max(10, Math.round(seconds / speedup))),
    hold: (seconds) => durationOf(Math.round(seconds / speedup)),
  };
}

/** Seconds as Prometheus writes durations, in the largest unit that is whole: 300 is `5m`. */
export function durationOf(seconds: number): string {
  for (const [unit, length] of [
    ["d", DAY_SECONDS],
    ["h", 3600],
    ["m", 60],
  ] as const) {
    if (seconds >= length && seconds % length === 0) return `${seconds / length}${unit}`;
  }
  return `${seconds}s`;
}
