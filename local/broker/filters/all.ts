import type { Predicate } from "./attributes.ts";

/** Passes when every predicate passes. */
export function all(predicates: readonly Predicate[]): Predicate {
  return (event) => predicates.every((passes) => passes(event));
}
