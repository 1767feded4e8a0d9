import { attributeOf, type Predicate } from "./attributes.ts";

/** Passes when every named attribute is there and is exactly its value, letter case counting. */
export function exact(values: Readonly<Record<string, string>>): Predicate {
  const entries = Object.entries(values);
  return (event) => entries.every(([name, value]) => attributeOf(event, name) === value);
}
