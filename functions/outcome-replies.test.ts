import { expect, it } from "vitest";
import { isRetryable } from "../events/delivery-rules.ts";
import type { WriteOutcome } from "../storage/ports.ts";
import { replyToFailedEmit, replyToWrite } from "./outcome-replies.ts";

it.each<[WriteOutcome, number, string | undefined]>([
  [{ kind: "stored" }, 204, undefined],
  [{ kind: "rejected", reason: "too large" }, 400, undefined],
  [{ kind: "retry", reason: "The disk is full.", retryAfterMs: 2500 }, 503, "3"],
])("the outcome %j of a write is answered %i", (outcome, status, retryAfter) => {
  const reply = replyToWrite(outcome);
  expect([reply.status, reply.headers?.["retry-after"]]).toEqual([status, retryAfter]);
  // A broker takes a body for an event, which it would send on.
  expect(reply.body === undefined).toBe(outcome.kind === "stored");
  expect(isRetryable(status)).toBe(outcome.kind === "retry");
});

it.each([
  ["unavailable", 503, "1"],
  ["refused", 422, undefined],
] as const)("an event that a broker has %s is answered %i", (kind, status, retryAfter) => {
  const reply = replyToFailedEmit(kind, "Not accepted.");
  expect([reply.status, reply.headers?.["retry-after"]]).toEqual([status, retryAfter]);
  expect(JSON.parse(reply.body as string)).toMatchObject({ detail: "Not accepted." });
  expect(isRetryable(status)).toBe(kind === "unavailable");
});
