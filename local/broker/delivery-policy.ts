// When a failed delivery is tried again, and when no more: a Trigger's delivery spec, checked once at start.
import type { DeliverySpec } from "../../events/triggers.ts";
import { TriggerError } from "./trigger-filter.ts";

export interface DeliveryPolicy {
  /** Tries after the first. */
  retry: number;
  /** For one request; `undefined` waits forever. */
  timeoutMs: number | undefined;
  /** How long to wait after the n-th failed attempt, n from 1. */
  backoffMs(failedAttempts: number): number;
}

/** What Knative's default broker class does when a Trigger has no delivery spec. */
const DEFAULT_RETRY = 10;
const DEFAULT_BACKOFF_DELAY = "PT0.2S";

/** Counts as Knative does: exponential is delay·2ⁿ, linear is delay·n, n from 0, no jitter. @throws {TriggerError} */
export function createDeliveryPolicy(trigger: string, spec: DeliverySpec = {}): DeliveryPolicy {
  const { retry = DEFAULT_RETRY, backoffPolicy = "exponential", backoffDelay = DEFAULT_BACKOFF_DELAY, timeout } = spec;
  const where = `Trigger ${trigger}: delivery`;
  if (!Number.isInteger(retry) || retry < 0) {
    throw new TriggerError(`${where}.retry: Expected an integer from 0, got ${JSON.stringify(retry)}`);
  }
  if (backoffPolicy !== "exponential" && backoffPolicy !== "linear") {
    throw new TriggerError(
      `${where}.backoffPolicy: Expected exponential or linear, got ${JSON.stringify(backoffPolicy)}`,
    );
  }
  const delayMs = durationOf(backoffDelay, `${where}.backoffDelay`);
  const timeoutMs = timeout === undefined ? undefined : durationOf(timeout, `${where}.timeout`);
  return {
    retry,
    timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
    backoffMs(failedAttempts) {
      // A dead letter is retried forever (see subscriber-queue.ts), at the spec's last back-off.
      const n = Math.min(failedAttempts, Math.max(1, retry)) - 1;
      return backoffPolicy === "linear" ? delayMs * n : delayMs * 2 ** n;
    },
  };
}

const ISO_8601 = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** The milliseconds of an ISO 8601 duration in days, hours, minutes and seconds. */
function durationOf(text: string, where: string): number {
  const parts = ISO_8601.exec(text);
  if (parts === null) {
    throw new TriggerError(`${where}: Expected an ISO 8601 duration such as PT0.2S, got ${JSON.stringify(text)}`);
  }
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}
