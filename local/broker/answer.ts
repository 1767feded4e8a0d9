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

/** Delivered, perhaps with an event to send on; or not, and then whether another try may help. */
export type Verdict =
  | { kind: "delivered"; reply?: CloudEvent }
  | { kind: "failed"; isFinal: boolean; failure: Failure };

/** The last answer to a delivery that failed: what a dead letter says of it. */
export interface Failure {
  code: number;
  body: Buffer;
}

const DELIVERED: Verdict = { kind: "delivered" };
/** What the default broker class reports when there was no answer at all. */
const NO_ANSWER_CODE = 500;
const NOT_AN_EVENT = "The answer has a body that is not a CloudEvent: answer 2xx with an empty body, or with an event.";

/** Sorts the answer of a subscriber. */
export function judgeAnswer({ code, headers, body }: Answer): Verdict {
  if (code < 200 || code > 299) {
    return { kind: "failed", isFinal: !isRetryable(code), failure: { code, body } };
  }
  const mode = eventModeOf(headers);
  if (mode === undefined) return body.length === 0 ? DELIVERED : notAnEvent();
  if (mode === "batch" || isForeignFormat(headers, mode)) return notAnEvent();
  const decoded = decodeEvents(mode, headers, body);
  return decoded.ok ? { kind: "delivered", reply: decoded.value[0] as CloudEvent } : notAnEvent();
}

/** Sorts the answer of a dead-letter sink: its body, event or not, is for nobody. */
export function judgeDeadLetterAnswer(answer: Answer): Verdict {
  return answer.code >= 200 && answer.code <= 299 ? DELIVERED : judgeAnswer(answer);
}

/** No answer: connection refused or cut, or out of time. */
export function judgeSilence(reason: string): Verdict {
  const body = Buffer.from(`dispatch error: ${reason}`);
  return { kind: "failed", isFinal: false, failure: { code: NO_ANSWER_CODE, body } };
}

function notAnEvent(): Verdict {
  return { kind: "failed", isFinal: false, failure: { code: 502, body: Buffer.from(NOT_AN_EVENT) } };
}
