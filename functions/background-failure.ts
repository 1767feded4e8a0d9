import { StoreError } from "../storage/store-error.ts";
import type { Logger } from "./log.ts";

/**
 * Logs what ended a round of work that is done again and again: a store that is away or busy as a warning, with what it means
 * until the next round, and anything else as the defect that it is.
 */
export function logFailure(
  log: Logger,
  { waits, failed }: { waits: string; failed: string },
): (error: unknown) => void {
  return (error) => {
    if (error instanceof StoreError) log.warn({ err: error }, waits);
    else log.error({ err: error }, `${failed}: this is a defect`);
  };
}
