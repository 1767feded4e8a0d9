// When a failed delivery is tried again, and when no more: a Trigger's delivery spec, checked once at start.
import type { DeliverySpec } from "../../events/triggers.ts";
import { parseDuration } from "./duration.ts";
import { refuseUnknown, TriggerError } from "./trigger-filter.ts";

export interface DeliveryPolicy {
  /** Tries after the first. */
  retry: number;
  /** For one request; `undefined` waits forever. */
  timeoutMs: number | undefined;
  /** How long to wait after the n-th failed attempt, n from 1. */
  backoffMs(failedAttempts: number): number;
}

/** What a Broker of Knative's default class does for a Trigger without a delivery spec. */
const DEFAULT: DeliverySpec = { retry: 10, backoffPolicy: "exponential", backoffDelay: "PT0.2S" };
const KNOWN: ReadonlySet<string> = new Set(["retry", "backoffPolicy", "backoffDelay", "timeout", "deadLetterSink"]);

/**
 * Counts as Knative does: exponential is delay·2ⁿ, linear is delay·n, n from 0, no jitter. A delivery spec stands alone:
 * without `retry` there is one try, and without both a policy and a delay there is no wait. @throws {TriggerError}
 */
export function createDeliveryPolicy(trigger: string, spec: DeliverySpec = DEFAULT): DeliveryPolicy {
  const { retry = 0, backoffPolicy, backoffDelay, timeout } = spec;
  const where = `Trigger ${trigger}: delivery`;
  refuseUnknown(spec, KNOWN, where);
  if (!Number.isInteger(retry) || retry < 0) {
    throw new TriggerError(`${where}.retry: Expected an integer from 0, got ${JSON.stringify(retry)}`);
  }
  if (backoffPolicy !== undefined && backoffPolicy !== "exponential" && backoffPolicy !== "linear") {
    throw new TriggerError(
      `${where}.backoffPolicy: Expected exponential or linear, got ${JSON.stringify(backoffPolicy)}`,
    );
  }
  const givenMs = backoffDelay === undefined ? 0 : durationOf(backoffDelay, `${where}.backoffDelay`);
  const delayMs = backoffPolicy === undefined ? 0 : givenMs;
  const timeoutMs = timeout === undefined ? undefined : durationOf(timeout, `${where}.timeout`);
  if (timeoutMs === 0) {
    throw new TriggerError(`${where}.timeout: Expected at least PT0.1S, got ${JSON.stringify(timeout)}`);
  }
  return {
    retry,
    timeoutMs,
    backoffMs(failedAttempts) {
      const n = Math.min(failedAttempts, Math.max(1, retry)) - 1;
      return backoffPolicy === "linear" ? delayMs * n : delayMs * 2 ** n;
    },
  };
}

function durationOf(text: string, where: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new TriggerError(`${where}: Expected an ISO 8601 duration such as PT0.2S, got ${JSON.stringify(text)}`);
}
