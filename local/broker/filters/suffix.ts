import { attributeOf, type Predicate } from "./attributes.ts";

/** Passes when every named attribute is there and ends with its value, letter case counting. */
export function suffix(values: Readonly<Record<string, string>>): Predicate {
  const entries = Object.entries(values);
  return (event) => entries.every(([name, value]) => attributeOf(event, name)?.endsWith(value) === true);
}
