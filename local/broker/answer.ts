// What a subscriber's answer means, by Knative's rules (knative.dev/specs, data plane; eventing's filter_handler.go).
import type { IncomingHttpHeaders } from "node:http";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { isRetryable } from "../../events/delivery-rules.ts";
import { decodeEvents, eventModeOf, isForeignFormat } from "../../events/http-binding.ts";

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
}

const DELIVERED: Verdict = { kind: "delivered" };
/** What Knative's default broker class reports when no answer came. */
const NO_ANSWER_CODE = 500;
const NOT_AN_EVENT = "The answer has a body that is not a CloudEvent: answer 2xx with an empty body, or with an event.";

/** Judges the answer of a subscriber. */
export function judgeAnswer({ code, headers, body }: Answer): Verdict {
  if (code < 200 || code > 299) {
    return { kind: "failed", isFinal: !isRetryable(code), code, body };
  }
  const mode = eventModeOf(headers);
  if (mode === undefined) return body.length === 0 ? DELIVERED : notAnEvent();
  if (mode === "batch" || isForeignFormat(headers, mode)) return notAnEvent();
  const decoded = decodeEvents(mode, headers, body);
  return decoded.ok ? { kind: "delivered", reply: decoded.value[0] as CloudEvent } : notAnEvent();
}

/** Judges the answer of a dead-letter sink by its code alone: the sink is not asked for a reply. */
export function judgeDeadLetterAnswer(answer: Answer): Verdict {
  return answer.code >= 200 && answer.code <= 299 ? DELIVERED : judgeAnswer(answer);
}

/** Judges a delivery without an answer: the connection was refused or cut, or the time ran out. */
export function judgeSilence(reason: string): Verdict {
  return { kind: "failed", isFinal: false, code: NO_ANSWER_CODE, body: Buffer.from(`dispatch error: ${reason}`) };
}

function notAnEvent(): Verdict {
  return { kind: "failed", isFinal: false, code: 502, body: Buffer.from(NOT_AN_EVENT) };
}
