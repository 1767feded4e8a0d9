import { attributeOf, type Predicate } from "./attributes.ts";

/** Passes when every named attribute is there and starts with its value, letter case counting. */
export function prefix(values: Readonly<Record<string, string>>): Predicate {
  const entries = Object.entries(values);
  return (event) => entries.every(([name, value]) => attributeOf(event, name)?.startsWith(value) === true);
}
