/**
 * The 4xx that a broker tries again: the receiver is not ready yet (404), ran out of time (408), met a conflict (409) or
 * is overloaded (429).
 */
const RETRYABLE: ReadonlySet<number> = new Set([404, 408, 409, 429]);

/**
 * Whether a broker sends an event again after an answer other than 2xx. This is Knative's rule (knative/eventing,
 * pkg/kncloudevents/retries.go, `SelectiveRetry`): no other 3xx or 4xx changes when the event comes again.
 */
export function isRetryable(status: number): boolean {
  return status >= 500 || RETRYABLE.has(status);
}
