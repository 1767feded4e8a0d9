/** How a service says it is, in the four words that all of PulseMesh uses. */
export type Health = "up" | "degraded" | "down" | "unknown";

export const HEALTHS: readonly Health[] = ["up", "degraded", "down", "unknown"];

const WORDS: ReadonlyMap<string, Health> = new Map([
  ...["ok", "up", "healthy", "success", "pass"].map((word) => [word, "up"] as const),
  ...["warn", "degraded", "slow"].map((word) => [word, "degraded"] as const),
  ...["error", "down", "fail", "critical", "timeout"].map((word) => [word, "down"] as const),
]);

const HTTP_CLASSES: Readonly<Record<string, Health>> = { 2: "up", 3: "up", 4: "degraded", 5: "down" };

/** The health that a pulse's free-text `status` means, in any letter case. An HTTP status counts by its class. */
export function healthOf(status: string): Health {
  const word = WORDS.get(status) ?? WORDS.get(status.toLowerCase());
  if (word !== undefined) return word;
  return /^[2-5]\d\d$/.test(status) ? (HTTP_CLASSES[status.charAt(0)] ?? "unknown") : "unknown";
}
