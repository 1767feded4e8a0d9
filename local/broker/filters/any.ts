import type { Predicate } from "./attributes.ts";

/** Passes when at least one predicate passes. */
export function any(predicates: readonly Predicate[]): Predicate {
  return (event) => predicates.some((passes) => passes(event));
}
