import type { CloudEvent } from "../../events/cloud-event.ts";
import type { Failure } from "./answer.ts";

/** Why an event became a dead letter, in the text forms of the extensions that say so. */
export interface DeadLetterFacts {
  dest: string;
  code: string;
  data: string;
}

/** 1,024 characters of base64, which is where Knative cuts. */
const MAX_DATA_BYTES = 768;

/** The facts of a delivery to `destination` that failed for good. */
export function factsOf(destination: URL, { code, body }: Failure): DeadLetterFacts {
  return { dest: destination.href, code: String(code), data: body.toString("base64", 0, MAX_DATA_BYTES) };
}

/** The event as its dead-letter sink gets it. */
export function toDeadLetter(event: CloudEvent, ttl: number, { dest, code, data }: DeadLetterFacts): CloudEvent {
  const extensions: Record<string, string> = {
    ...event.extensions,
    // A subscriber does not see the hop limit, a dead-letter sink does; a replay then counts as a further hop.
    knativebrokerttl: String(ttl),
    knativeerrordest: dest,
    knativeerrorcode: code,
    knativeerrordata: data,
  };
  return { ...event, extensions };
}
