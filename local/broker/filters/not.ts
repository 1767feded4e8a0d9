import type { Predicate } from "./attributes.ts";

/** Passes when the other does not; an attribute that is absent passes therefore. */
export function not(predicate: Predicate): Predicate {
  return (event) => !predicate(event);
}
