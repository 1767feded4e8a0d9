import { type Fault, kindOf } from "./fault.ts";
import { DAY_MS, parseTime } from "./time.ts";

export const MAX_AHEAD_MS = 5 * 60_000;

export const TIME_FORM = "Expected an RFC 3339 time with offset, or epoch milliseconds as an integer";

/** The span in which a pulse's time may lie. */
export interface Timeliness {
  /** Epoch ms. */
  now: number;
  retentionMs: number;
}

/** The time that a sender gave, in epoch ms; `undefined` for what is none. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === "string") return parseTime(value);
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** Whether a pulse of that time, in epoch ms, is neither too far ahead nor older than the retention. */
export function isTimely(time: number, { now, retentionMs }: Timeliness): boolean {
  return time - now <= MAX_AHEAD_MS && now - time <= retentionMs;
}

/** The rule of {@link isTimely}. */
export function timeRule({ retentionMs }: Timeliness): string {
  const days = Number((retentionMs / DAY_MS).toFixed(3));
  return `Expected a time at most 5 minutes ahead and at most ${days} days old (the retention)`;
}

/** The fault of the `event_time` of the pulse at `pointer`. */
export function timeFault(pointer: string, rule: string, value: unknown): Fault {
  const unit = typeof value === "number" ? unitOf(Math.abs(value)) : undefined;
  const got = unit === undefined ? kindOf(value) : `a number that looks like epoch ${unit}: send milliseconds`;
  return { pointer: `${pointer}/event_time`, rule, got };
}

// In milliseconds these would be times before March 1973 or after the year 5100.
function unitOf(value: number): string | undefined {
  if (value >= 1e8 && value < 1e11) return "seconds";
  if (value < 1e14 || value >= 1e20) return undefined;
  return value < 1e17 ? "microseconds" : "nanoseconds";
}
