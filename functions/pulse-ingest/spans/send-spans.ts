import type { HttpReply } from "../../../http/route.ts";
import type { Origin } from "../emitter.ts";
import type { Intake } from "../intake.ts";
import type { Sieve } from "./sieve.ts";

/** Sends the pulses of a sieve on. What may not be sent is rejected for itself, and the rest of the request goes on. */
export function sendSpans(
  intake: Intake,
  sieve: Sieve,
  { token, origin }: { token: string | undefined; origin: Origin },
  replyOf: () => HttpReply,
): HttpReply | Promise<HttpReply> {
  const grant = intake.grantOf(token);
  if ("status" in grant) return grant;
  const letIn = intake.sift(sieve.pulses, grant, sieve.reject);
  if ("status" in letIn) return letIn;
  const reply = replyOf();
  if (sieve.rejected === 0) return intake.send(letIn, origin, reply);
  // For the log line: nothing disappears in silence.
  const faults = Array.from(sieve.rules, ([rule, count]) => ({ pointer: "", rule, got: `${count} other spans` }));
  const partial = { ...reply, faults };
  // Counted once the others are taken: a request that is not comes again, and counts as what it was refused for.
  return intake
    .send(letIn, origin, partial)
    .then((answer) => (answer === partial ? intake.refuse("partial", partial) : answer));
}
