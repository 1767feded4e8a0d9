import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../log.ts";
import type { PulseFunction } from "../pulse-function.ts";

export interface StopOptions {
  /** Takes no new connections and answers what is in flight. @returns whether all was answered in time. */
  answerAll: (graceMs: number) => Promise<boolean>;
  graceMs: number;
  log: Logger;
}

/** What closing a function may take when answering used up the whole grace time. */
const MIN_CLOSE_MS = 1000;

/**
 * Makes what the runtime calls on a signal and on an uncaught exception: it answers what is in flight, then closes the
 * function. Every call gives the promise of the first.
 */
export function createStop(fn: PulseFunction, { answerAll, graceMs, log }: StopOptions): () => Promise<void> {
  // The runtime alone would end on an uncaught exception without a word and with exit code 0.
  let hasCrashed = false;
  process.on("uncaughtExceptionMonitor", (error) => {
    hasCrashed = true;
    log.fatal({ err: error }, "stopping for an uncaught exception: this is a defect");
  });

  async function stop(): Promise<void> {
    const deadline = performance.now() + graceMs;
    log.info("stopping: answering what is in flight");
    fn.onDrain?.();
    const isComplete = await answerAll(graceMs);
    const isClosed = await Promise.race([close(), delay(Math.max(MIN_CLOSE_MS, deadline - performance.now()), false)]);
    if (isComplete && isClosed) log.info("stopped");
    else log.error({ graceMs, isComplete, isClosed }, "stopped with work undone: the grace time was over");
    if (hasCrashed) process.exit(1);
  }

  async function close(): Promise<boolean> {
    try {
      await fn.close();
      return true;
    } catch (error) {
      log.error({ err: error }, "the function did not close as it should");
      return false;
    }
  }

  let stopping: Promise<void> | undefined;
  return () => (stopping ??= stop());
}
