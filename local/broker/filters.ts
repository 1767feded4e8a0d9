// The dialects of a Trigger's filters, as predicates of an event.
import type { CloudEvent } from "../../events/cloud-event.ts";

/** Whether a Trigger wants an event. */
export type Predicate = (event: CloudEvent) => boolean;
/** The text that each named attribute is compared with. */
type Attributes = Readonly<Record<string, string>>;

/** Passes when the event has every named attribute with exactly its value; letter case counts. */
export function exact(attributes: Attributes): Predicate {
  return matching(attributes, (value, expected) => value === expected);
}

/** Passes when the event has every named attribute and each starts with its value; letter case counts. */
export function prefix(attributes: Attributes): Predicate {
  return matching(attributes, (value, expected) => value.startsWith(expected));
}

/** Passes when the event has every named attribute and each ends with its value; letter case counts. */
export function suffix(attributes: Attributes): Predicate {
  return matching(attributes, (value, expected) => value.endsWith(expected));
}

/** As `exact`, except that an empty value passes any value: the older form of a filter. */
export function exactOrAny(attributes: Attributes): Predicate {
  return matching(attributes, (value, expected) => expected === "" || value === expected);
}

/** Passes when every predicate passes. */
export function all(predicates: readonly Predicate[]): Predicate {
  return (event) => predicates.every((passes) => passes(event));
}

/** Passes when at least one predicate passes. */
export function any(predicates: readonly Predicate[]): Predicate {
  return (event) => predicates.some((passes) => passes(event));
}

/** Passes when the other predicate does not: also for an absent attribute. */
export function not(predicate: Predicate): Predicate {
  return (event) => !predicate(event);
}

function matching(attributes: Attributes, matches: (value: string, expected: string) => boolean): Predicate {
  const entries = Object.entries(attributes);
  return (event) =>
    entries.every(([name, expected]) => {
      const value = attributeOf(event, name);
      return value !== undefined && matches(value, expected);
    });
}

/** The text of a context attribute or extension; `undefined` when the event lacks it. */
function attributeOf(event: CloudEvent, name: string): string | undefined {
  switch (name) {
    case "id":
    case "source":
    case "type":
    case "time":
    case "subject":
    case "datacontenttype":
    case "dataschema":
      return event[name];
    case "specversion":
      return event.extensions.specversion ?? "1.0"; // see knative-event.ts
    default:
      return Object.hasOwn(event.extensions, name) ? event.extensions[name] : undefined;
  }
}
