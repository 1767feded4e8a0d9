// The outcomes of a write that every store gives.
import type { WriteOutcome } from "./ports.ts";

/** The outcome of a write that is not stored. */
export type NotStored = Exclude<WriteOutcome, { kind: "stored" }>;

/** A write that met a fault of our own code: it is thrown to who writes. */
export interface Defect {
  kind: "defect";
  error: unknown;
}

export const STORED: WriteOutcome = { kind: "stored" };
export const CLOSED: NotStored = retry("The store is closed");

/** A write that may be stored when it is sent again. */
export function retry(reason: string, retryAfterMs = 1000, cause?: unknown): NotStored {
  return { kind: "retry", reason, retryAfterMs, cause };
}
