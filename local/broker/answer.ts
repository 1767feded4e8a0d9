// What a subscriber's answer means, by Knative's rules (knative.dev/specs, data plane; eventing's filter_handler.go).
import type { IncomingHttpHeaders } from "node:http";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { isRetryable } from "../../events/delivery-rules.ts";
import { eventModeOf, isForeignFormat } from "../../events/http-binding.ts";
import { hasTooLongAttributes, readKnativeEvent } from "./knative-event.ts";

export interface Answer {
  code: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Whether an answer ends a delivery; it may bring an event that replies to the delivered one. */
export type Verdict = { kind: "delivered"; reply?: CloudEvent } | FailedDelivery;

export interface FailedDelivery {
  kind: "failed";
  /** Another attempt would get the same answer. */
  isFinal: boolean;
  /** The answer's, as a dead letter carries them. */
  code: number;
  body: Buffer;
  /** Not the delivery failed: the broker itself refuses the reply. */
  isOfReply?: true;
  /** Knative adds no facts to the dead letter: its channel gave up first, or its filter answered without a body. */
  isUnexplained?: true;
}

const DELIVERED: Verdict = { kind: "delivered" };
/** What Knative's default broker class reports when no answer came. */
const NO_ANSWER_CODE = 500;
/** What a reply may lack and still be an event for Knative's filter: its ingress refuses it. */
const CHECKED_BY_INGRESS: ReadonlySet<string> = new Set([
  "/id",
  "/source",
  "/type",
  "/subject",
  "/dataschema",
  "/datacontenttype",
]);
/** The broker refuses a reply that has no hops left, or that it would refuse as an event. The event itself becomes a dead letter. */
export const REPLY_REFUSED: FailedDelivery = {
  kind: "failed",
  isFinal: true,
  code: 400,
  body: Buffer.alloc(0),
  isOfReply: true,
};
const NOT_AN_EVENT = "The answer has a body that is not a CloudEvent: answer 2xx with an empty body, or with an event.";

/** Judges the answer of a subscriber. */
export function judgeAnswer({ code, headers, body }: Answer): Verdict {
  if (code < 200 || code > 299) {
    const failed: FailedDelivery = { kind: "failed", isFinal: !isRetryable(code), code, body };
    // HTTP allows no body with a 304, in which Knative's filter would name the facts.
    return code === 304 ? { ...failed, isUnexplained: true } : failed;
  }
  const mode = eventModeOf(headers);
  if (mode === undefined) return body.length === 0 ? DELIVERED : notAnEvent();
  if (mode === "batch" || isForeignFormat(headers, mode)) return notAnEvent();
  const event = readKnativeEvent(mode, headers, body);
  if (event.ok) return hasTooLongAttributes(event.value) ? REPLY_REFUSED : { kind: "delivered", reply: event.value };
  return event.faults.every(({ pointer }) => CHECKED_BY_INGRESS.has(pointer)) ? REPLY_REFUSED : notAnEvent();
}

/** Judges the answer of a dead-letter sink by its code alone: the sink is not asked for a reply. */
export function judgeDeadLetterAnswer(answer: Answer): Verdict {
  return answer.code >= 200 && answer.code <= 299 ? DELIVERED : judgeAnswer(answer);
}

/** Judges a delivery without an answer: the connection was refused or cut. */
export function judgeSilence(reason: string): FailedDelivery {
  return { kind: "failed", isFinal: false, code: NO_ANSWER_CODE, body: Buffer.from(`dispatch error: ${reason}`) };
}

/** Judges a delivery without an answer within the Trigger's `delivery.timeout`. */
export function judgeTimeout(reason: string): FailedDelivery {
  return { ...judgeSilence(reason), isUnexplained: true };
}

function notAnEvent(): Verdict {
  return { kind: "failed", isFinal: false, code: 502, body: Buffer.from(NOT_AN_EVENT), isUnexplained: true };
}
