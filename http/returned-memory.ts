import { collector } from "./collector.ts";

/** By then a process has started, and holds what only its start needed. */
const FIRST_LOOK_MS = 15_000;
const LOOK_EVERY_MS = 60_000;
/** Less is not worth the pause. */
const WORTH_BYTES = 4 * 1024 * 1024;

/**
 * Gives memory back to the system that V8 holds in reserve. The pages that a collection empties stay with the process until one
 * collects as a last resort, or the process is idle: a busy one holds as much as it ever needed at one time. It takes 18–32 ms of a heap of
 * 47 MB, and in the second after it a request takes up to 1.6 times the CPU (bench/RESULTS.md), so it is done at most once a minute, and where the process
 * has grown by 4 MiB since.
 */
export function returnMemory(firstLookMs = FIRST_LOOK_MS, everyMs = LOOK_EVERY_MS): void {
  let afterwards = 0;
  const lookIn = (ms: number): unknown => setTimeout(look, ms).unref();
  const look = () => {
    lookIn(everyMs);
    if (process.memoryUsage.rss() < afterwards + WORTH_BYTES) return;
    collector()({ type: "major", flavor: "last-resort" });
    afterwards = process.memoryUsage.rss();
  };
  lookIn(firstLookMs);
}
