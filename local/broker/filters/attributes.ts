import type { CloudEvent } from "../../../events/cloud-event.ts";

/** Decides whether a Trigger wants an event. */
export type Predicate = (event: CloudEvent) => boolean;

/** The text of a context attribute or extension; `undefined` when the event lacks it. */
export function attributeOf(event: CloudEvent, name: string): string | undefined {
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
      return "1.0";
    default:
      return Object.hasOwn(event.extensions, name) ? event.extensions[name] : undefined;
  }
}
