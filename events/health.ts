/** How a service says it is, in the four words that all of PulseMesh uses. */
export type Health = "up" | "degraded" | "down" | "unknown";

export const HEALTHS: readonly Health[] = ["up", "degraded", "down", "unknown"];

/** Words by those who use them, in small letters with `_` between their parts. A word may have several users. */
export type StatusWords = { users: string } & Partial<Record<Health, string>>;

/**
 * The words of statuses. Those of work that is still to be done, or was not wanted (pending, starting, cancelled, skipped), tell
 * nothing.
 */
export const STATUS_WORDS: readonly StatusWords[] = [
  {
    users: "everybody",
    up: "ok okay up success successful passed alive available online stable",
    degraded: "degraded slow impaired unstable",
    down: "error errored down fail failing failure timeout unreachable unavailable offline dead serious crashed",
  },
  { users: "the health+json draft", up: "pass ok up", degraded: "warn", down: "fail error down" },
  { users: "Docker", up: "healthy running", down: "unhealthy dead" },
  { users: "Kubernetes", up: "ready running succeeded", down: "not_ready failed crash_loop_back_off" },
  { users: "supervisord, Windows services", up: "running", down: "stopped fatal" },
  { users: "systemd", up: "running", degraded: "degraded", down: "failed" },
  { users: "gRPC", up: "serving", down: "not_serving" },
  { users: "Spring Boot", up: "up", down: "down out_of_service" },
  { users: "Consul", up: "passing", degraded: "warning", down: "critical" },
  { users: "Nagios", up: "ok up", degraded: "warning", down: "critical down unreachable" },
  { users: "syslog", degraded: "warning", down: "err crit" },
  { users: "GitHub's checks", up: "success", down: "failure timed_out startup_failure" },
  {
    users: "status pages",
    up: "operational",
    degraded: "degraded_performance partial_outage",
    down: "major_outage",
  },
];

/** `TimedOut`, `timed-out` and `Timed out` are `timedout`. */
function withoutGaps(status: string): string {
  return status.toLowerCase().replace(/(?<=[a-z])[ _-](?=[a-z])/g, "");
}

/** The words as they are written above, and without gaps. What is not up by `not` or `un` is down, where it is no word itself. */
function spellings(): Map<string, Health> {
  const words = STATUS_WORDS.flatMap((group) =>
    HEALTHS.flatMap((health) => (group[health]?.split(" ") ?? []).map((word) => [word, health] as const)),
  );
  const opposites = words.flatMap(([word, health]) =>
    health === "up" ? [`not_${word}`, `un${word}`].map((opposite) => [opposite, "down"] as const) : [],
  );
  return new Map(
    [...opposites, ...words].flatMap(([word, health]) => [
      [word, health],
      [withoutGaps(word), health],
    ]),
  );
}

const WORDS: ReadonlyMap<string, Health> = spellings();

/** A service that answers 4xx does its work: a client's mistake is no fault of it. */
const HTTP_CLASSES: Readonly<Record<string, Health>> = { 2: "up", 3: "up", 4: "up", 5: "down" };

/** The rules of {@link healthOf} in one text, for those who keep what it said: another text means that it may say something else. */
export const HEALTH_RULES = JSON.stringify([...WORDS, HTTP_CLASSES]);

/**
 * The health that a pulse's free-text `status` means, in any letter case, with blanks, hyphens, underscores or nothing between the
 * parts of a word. An HTTP status counts by its class.
 */
export function healthOf(status: string): Health {
  const word = WORDS.get(status);
  if (word !== undefined) return word;
  // Before other spellings of words are looked for: most statuses that are none of the words are HTTP's.
  if (/^[2-5]\d\d$/.test(status)) return HTTP_CLASSES[status.charAt(0)] ?? "unknown";
  return WORDS.get(withoutGaps(status)) ?? "unknown";
}
