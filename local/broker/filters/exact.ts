import { attributeOf, type Predicate } from "./attributes.ts";

/** Passes when the event has every named attribute with exactly its value; letter case counts. */
export function exact(values: Readonly<Record<string, string>>): Predicate {
  const entries = Object.entries(values);
  return (event) => entries.every(([name, value]) => attributeOf(event, name) === value);
}
