import type { CloudEvent } from "../../events/cloud-event.ts";

/** What a log line tells about an event; never its data. */
export function logFieldsOf({ id, source, type, extensions }: CloudEvent): Record<string, unknown> {
  const { traceparent } = extensions;
  return { eventId: id, source, type, ...(traceparent !== undefined && { traceparent }) };
}
