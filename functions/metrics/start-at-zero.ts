import type { Counter } from "prom-client";

/** Makes a counter's series at once: one that begins at 1 hides its first increase, and no panel can show it before. */
export function startAtZero<T extends string>(counter: Counter<T>, label: T, values: readonly string[]): Counter<T> {
  for (const value of values) counter.inc({ [label]: value } as Record<T, string>, 0);
  return counter;
}
