import type { Predicate } from "./attributes.ts";

/** Passes when the other predicate does not: also for an absent attribute. */
export function not(predicate: Predicate): Predicate {
  return (event) => !predicate(event);
}
