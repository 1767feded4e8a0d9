/** How a service says it is, in the four words that all of PulseMesh uses. */
export type Health = "up" | "degraded" | "down" | "unknown";

export const HEALTHS: readonly Health[] = ["up", "degraded", "down", "unknown"];

/**
 * Words of the health+json draft, Docker (healthy), Consul (passing, warning, critical), Nagios (OK, WARNING, UNREACHABLE),
 * Spring Boot (OUT_OF_SERVICE), gRPC health (SERVING), Kubernetes (Ready, Succeeded, CrashLoopBackOff), GitHub's checks
 * (success, failure, timed_out) and status pages (operational, degraded_performance, major_outage), with their plain opposites.
 * Words of work that is still to be done, or was not wanted (pending, starting, cancelled, skipped), tell nothing.
 */
const WORDS: ReadonlyMap<string, Health> = new Map(
  Object.entries({
    up: `ok okay up healthy success succeeded successful pass passed passing serving alive ready running available online
      operational`,
    degraded: "warn warning degraded degraded_performance partial_outage slow impaired unstable",
    down: `error err down fail failed failing failure critical crit timeout timed_out unhealthy unreachable unavailable
      offline out_of_service not_serving not_ready notready dead fatal serious crashed crashloopbackoff startup_failure
      major_outage`,
  } satisfies Partial<Record<Health, string>>).flatMap(([health, words]) =>
    words.split(/\s+/).map((word) => [word, health as Health] as const),
  ),
);

/** A service that answers 4xx does its work: a client's mistake is no fault of it. */
const HTTP_CLASSES: Readonly<Record<string, Health>> = { 2: "up", 3: "up", 4: "up", 5: "down" };

/** The rules of {@link healthOf} in one text, for those who keep what it said: another text means that it may say something else. */
export const HEALTH_RULES = JSON.stringify([...WORDS, HTTP_CLASSES]);

/**
 * The health that a pulse's free-text `status` means, in any letter case, with blanks or hyphens for underscores. An HTTP
 * status counts by its class.
 */
export function healthOf(status: string): Health {
  const word = WORDS.get(status);
  if (word !== undefined) return word;
  // Before other spellings of words are looked for: most statuses that are none of the words are HTTP's.
  if (/^[2-5]\d\d$/.test(status)) return HTTP_CLASSES[status.charAt(0)] ?? "unknown";
  return WORDS.get(status.toLowerCase().replace(/[ -]/g, "_")) ?? "unknown";
}
