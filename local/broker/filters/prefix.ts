import { attributeOf, type Predicate } from "./attributes.ts";

/** Passes when the event has every named attribute and each starts with its value; letter case counts. */
export function prefix(values: Readonly<Record<string, string>>): Predicate {
  const entries = Object.entries(values);
  return (event) => entries.every(([name, value]) => attributeOf(event, name)?.startsWith(value) === true);
}
