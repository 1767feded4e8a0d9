// For tests: how kinds of services pulse. Times are seconds from the first pulse.
import { every, type Pulse } from "./judging.ts";

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** Pulses a minute long after each other, the n-th of which say something else. */
export function heartbeat(others: Record<number, string>, count = 60): Pulse[] {
  return every(60, 0, count * 60, (i) => others[i] ?? "ok");
}

/** A thousand a second. */
export const stream = (from: number, to: number, status: (i: number) => string) => every(0.001, from, to, status);

/** Pulses a minute of some replicas, whose pace is not quite even. */
export function replicas(count: number, failing: readonly number[]): Pulse[] {
  const all = Array.from({ length: count }, (_, replica) =>
    every(60, (replica * 63) / count, HOUR, failing.includes(replica) ? "503" : "ok").map(
      ([time, status], i): Pulse => [time + ((i * 7919 + replica * 31) % 100) / 50, status],
    ),
  );
  return all.flat();
}

export const nights = (days: readonly number[], status = "ok") => days.map((day): Pulse => [day * DAY, status]);
export const hourly = (hours: number, of: (from: number) => Pulse[]) =>
  Array.from({ length: hours }, (_, hour) => of(hour * HOUR)).flat();
