/** What went wrong, in a bounded set of words: they are values of a metric's label and of a filter. */
export const REASONS = ["invalid", "overloaded", "timeout", "unavailable", "unexpected", "unknown"] as const;
export type Reason = (typeof REASONS)[number];

/**
 * The class of a delivery that failed, from the HTTP status of the last answer; `undefined` means that there was none.
 * `invalid` events fail again until they are put right; `overloaded`, `timeout` and `unavailable` ones may pass when they
 * are replayed; `unexpected` is an answer no function gives, so the destination is not what it should be.
 */
export function reasonOf(code: number | undefined): Exclude<Reason, "unknown"> {
  if (code === undefined || code >= 500) return code === 504 ? "timeout" : "unavailable";
  if (code === 429) return "overloaded";
  if (code === 408) return "timeout";
  // Knative retries these two: the function was not there, or not ready for it.
  if (code === 404 || code === 409) return "unavailable";
  return code >= 400 ? "invalid" : "unexpected";
}
