/** Whether a service is meant. */
export type ServiceMatch = (service: string) => boolean;

/** Matches the services that are listed by name, or by the beginning of a name before a `*`. */
export function matchOf(patterns: readonly string[]): ServiceMatch {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith("*")));
  const prefixes = patterns.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  return (service) => exact.has(service) || prefixes.some((prefix) => service.startsWith(prefix));
}

/** Whether patterns match every service. */
export function matchesAll(patterns: readonly string[]): boolean {
  return patterns.includes("*");
}
