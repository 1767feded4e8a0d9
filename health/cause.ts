// Why a service is as it is, in words.
import type { Health } from "../events/health.ts";
import { DAY_MS } from "../events/time.ts";
import { HOUR_MS } from "../storage/tiers.ts";
import type { Verdict } from "./rule.ts";
import { saidIn, sumsOf } from "./window.ts";

/** Which pulses speak for a health. */
const SPEAKING: Readonly<Record<Health, readonly Health[]>> = {
  down: ["down"],
  degraded: ["down", "degraded"],
  unknown: ["unknown"],
  up: ["up"],
};
const WERE: Readonly<Record<Health, string>> = {
  down: "down",
  degraded: "degraded or down",
  unknown: "of unknown health",
  up: "well",
};

/** Why an up one is, whose period is not known: see calm.ts. */
export const CALM_CAUSE = "two pulses in a row were well, and for a minute none was degraded or down";

/** Such as `8 of 10 pulses said 503`. It stays true when other pulses have come: no pulse is called the newest. */
export function causeOf({ health, by, window }: Verdict): string {
  if (by !== "window") {
    const [said, ...others] = saidIn(window, [health]);
    const text = said !== undefined && others.length === 0 ? quoted(said[0]) : undefined;
    if (by === "newest") return `one pulse ${text === undefined ? `was ${WERE[health]}` : `said ${text}`}`;
    const last = text === undefined ? "" : `, the second said ${text}`;
    return `two pulses in a row were ${WERE[health]}${last}`;
  }
  const sums = sumsOf(window);
  const total = health === "unknown" ? sums.unknown : sums.telling;
  const count = SPEAKING[health].reduce((sum, one) => sum + sums[one], 0);
  const subject = `${count} of ${total} pulses`;
  const [most, ...others] = saidIn(window, SPEAKING[health]);
  if (most === undefined) return `${subject} were ${WERE[health]}`;
  const [status, often] = most;
  if (others.length === 0) return `${subject} said ${quoted(status)}`;
  return `${subject} were ${WERE[health]}, ${often} of them said ${quoted(status)}`;
}

/** Such as `1 of 3 pulses said 503, the last at 2026-12-01T12:52:23.000Z`: of a state that a smaller share holds. */
export function heldCauseOf(verdict: Verdict): string {
  const times = verdict.window.flatMap((cell) => SPEAKING[verdict.health].map((health) => cell.lastOf(health)));
  return `${causeOf(verdict)}, the last at ${new Date(Math.max(...times)).toISOString()}`;
}

/** Such as `no pulse for 4 min, where one comes every 1 min`. */
export function silenceCause(silentMs: number, usualMs: number): string {
  return `no pulse for ${duration(silentMs)}, where one usually comes within ${duration(usualMs)}`;
}

/** A status is free text: one that is not a word stands in quotes. */
function quoted(status: string): string {
  return /^[\w.-]+$/.test(status) ? status : JSON.stringify(status);
}

const UNITS: readonly [ms: number, name: string][] = [
  [DAY_MS, "d"],
  [HOUR_MS, "h"],
  [60_000, "min"],
  [1000, "s"],
];

/** Such as `1 h 5 min`: two units at most, and seconds within the hour. */
export function duration(ms: number): string {
  const stepMs = ms < HOUR_MS ? 1000 : 60_000;
  let rest = Math.max(Math.round(ms / stepMs), 1) * stepMs;
  const parts: string[] = [];
  for (const [unitMs, name] of UNITS) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
  }
  return parts.join(" ");
}
