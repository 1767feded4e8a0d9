import type { CloudEvent } from "../../events/cloud-event.ts";
import type { FailedDelivery } from "./answer.ts";

/** Why an event became a dead letter, as the values of the extensions that Knative adds to it, or nothing. */
export type DeadLetterFacts = { dest: string; code: string; data: string } | Record<string, never>;

/** Makes 1,024 characters of base64, where Knative cuts. */
const MAX_DATA_BYTES = 768;

/** The facts of a delivery to `destination` that failed for good. */
export function factsOf(
  destination: URL,
  { code, body, isUnexplained }: Pick<FailedDelivery, "code" | "body" | "isUnexplained">,
): DeadLetterFacts {
  if (isUnexplained) return {};
  return { dest: destination.href, code: String(code), data: body.toString("base64", 0, MAX_DATA_BYTES) };
}

/** The event as the dead-letter sink receives it. */
export function toDeadLetter(event: CloudEvent, ttl: number, { dest, code, data }: DeadLetterFacts): CloudEvent {
  const extensions: Record<string, string> = {
    ...event.extensions,
    // The hop limit goes to the dead-letter sink only, so that a replay counts as a further hop.
    knativebrokerttl: String(ttl),
  };
  if (dest !== undefined) {
    Object.assign(extensions, { knativeerrordest: dest, knativeerrorcode: code, knativeerrordata: data });
  }
  return { ...event, extensions };
}
