// The one place where the outcome of a write, or of an event for the broker, becomes an HTTP status.
import { problem, tryLater } from "../http/problem.ts";
import type { HttpReply } from "../http/route.ts";
import type { WriteOutcome } from "../storage/ports.ts";
import type { EmitOutcome } from "./broker-client.ts";

/**
 * The most bytes of an answer to a broker that refuses. Knative copies the answer into a dead letter, in base64 and cut at
 * 1,024 characters (eventing v0.50, pkg/kncloudevents/event_dispatcher.go): a longer one would be no readable JSON.
 */
export const MAX_REFUSAL_BYTES = 700;

/**
 * Answers the broker once a store has an event's content, or has not. By Knative's rules (events/delivery-rules.ts) a 2xx
 * with an empty body is delivered, a 400 becomes a dead letter at once, and a 503 is tried again.
 */
export function replyToWrite(outcome: WriteOutcome): HttpReply {
  switch (outcome.kind) {
    case "stored":
      return { status: 204 };
    case "rejected":
      return { ...problem(400, "Rejected by the store", outcome.reason), trail: { detail: outcome.reason } };
    case "retry":
      return tryLater(503, outcome.reason, outcome.retryAfterMs);
  }
}

/**
 * Answers a client whose event the broker did not take: 503 when another try may help, 422 when none will. Senders and
 * brokers give up on a 422; they would repeat a 502 for minutes, and Go's CloudEvents SDK a 413.
 */
export function replyToFailedEmit(kind: Exclude<EmitOutcome["kind"], "accepted">, detail: string): HttpReply {
  return kind === "unavailable" ? tryLater(503, detail, 1000) : problem(422, "Unprocessable content", detail);
}
