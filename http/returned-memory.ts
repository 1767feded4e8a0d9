import { collector } from "./collector.ts";

const LOOK_EVERY_MS = 60_000;
/** Less is not worth the pause. */
const WORTH_BYTES = 8 * 1024 * 1024;

/**
 * Gives memory back to the system that V8 holds in reserve. The pages that a collection empties stay with the process until one
 * collects as a last resort, or the process is idle: a busy one holds as much as it ever needed at one time. It takes 18–32 ms of a heap of
 * 47 MB, and more on a busy machine, so it is done at most once a minute, and where the process has grown by 8 MiB since.
 */
export function returnMemory(everyMs = LOOK_EVERY_MS): void {
  let afterwards = 0;
  setInterval(() => {
    const bytes = process.memoryUsage.rss();
    if (bytes < afterwards + WORTH_BYTES) return;
    collector()({ type: "major", flavor: "last-resort" });
    afterwards = process.memoryUsage.rss();
  }, everyMs).unref();
}
