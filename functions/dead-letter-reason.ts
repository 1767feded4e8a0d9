/** What went wrong, in a few words: a metric's label and a filter take them as values. */
export const REASONS = ["invalid", "overloaded", "timeout", "unavailable", "unexpected", "unknown"] as const;
export type Reason = (typeof REASONS)[number];

/**
 * Why a delivery failed, from the HTTP status of the last answer; `undefined` when none came. An `invalid` event fails
 * again until somebody corrects it. An event that met `overloaded`, `timeout` or `unavailable` may pass when it is
 * replayed. No function gives an `unexpected` answer: the Trigger's destination is wrong.
 */
export function reasonOf(code: number | undefined): Exclude<Reason, "unknown"> {
  if (code === undefined || code >= 500) return code === 504 ? "timeout" : "unavailable";
  if (code === 429) return "overloaded";
  if (code === 408) return "timeout";
  // Brokers retry both: the function was not there, or not ready (events/delivery-rules.ts).
  if (code === 404 || code === 409) return "unavailable";
  return code >= 400 ? "invalid" : "unexpected";
}
