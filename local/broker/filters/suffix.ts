import { attributeOf, type Predicate } from "./attributes.ts";

/** Passes when the event has every named attribute and each ends with its value; letter case counts. */
export function suffix(values: Readonly<Record<string, string>>): Predicate {
  const entries = Object.entries(values);
  return (event) => entries.every(([name, value]) => attributeOf(event, name)?.endsWith(value) === true);
}
