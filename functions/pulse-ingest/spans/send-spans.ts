import type { HttpReply, HttpRequest } from "../../../http/route.ts";
import { bearerOf } from "../../tokens/credential.ts";
import type { Intake } from "../intake.ts";
import { originOf } from "../origin.ts";
import type { Sieve } from "./sieve.ts";

/**
 * How long a sender of spans waits for the broker. The exporters of JavaScript and Python give up after 10 s, their second tries
 * included: a failure that comes sooner leaves them time for one.
 */
const PATIENCE_MS = 5000;

/** Sends the pulses of a sieve on. What may not be sent is rejected for itself, and the rest of the request goes on. */
export function sendSpans(
  intake: Intake,
  sieve: Sieve,
  request: HttpRequest,
  replyOf: () => HttpReply,
): HttpReply | Promise<HttpReply> {
  const grant = intake.grantOf(bearerOf(request.headers));
  if ("status" in grant) return grant;
  const letIn = intake.sift(sieve.pulses, grant, sieve.reject);
  if ("status" in letIn) return letIn;
  const origin = { ...originOf(request), patienceMs: PATIENCE_MS };
  const reply = replyOf();
  if (sieve.rejected === 0) return intake.send(letIn, origin, reply);
  // For the log line: nothing disappears in silence.
  const faults = Array.from(sieve.rules, ([rule, count]) => ({ pointer: "", rule, got: `${count} other spans` }));
  const partial = { ...reply, faults };
  const reason = letIn.isBounded ? "partial-services" : "partial";
  // Counted once the others are taken: a request that is not comes again, and counts as what it was refused for.
  return intake
    .send(letIn, origin, partial)
    .then((answer) => (answer === partial ? intake.refuse(reason, partial) : answer));
}
