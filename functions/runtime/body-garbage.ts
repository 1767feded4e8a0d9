import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * So many bytes of bodies start a collection, while most of their garbage is young and cheap to find. Less than two of the
 * largest bodies (PULSE_MAX_BODY_BYTES), so that a third does not come first.
 */
const COLLECT_EVERY_BYTES = 7 * 1024 * 1024;
/** Every second collection takes the whole heap: bodies that were being read during one are no longer young. */
const WHOLE_EVERY = 2;

let bytesSince = 0;
let collections = 0;
let collect: ((options: { type: "minor" | "major" }) => void) | undefined;

/**
 * Counts bytes of bodies that came in, and collects garbage now and then. V8 alone lets finished bodies pile up to some
 * 100 MB: their bytes lie outside its heap, where they weigh little.
 */
export function countBodyBytes(bytes: number): void {
  bytesSince += bytes;
  if (bytesSince < COLLECT_EVERY_BYTES) return;
  bytesSince = 0;
  collect ??= exposeCollector();
  collect({ type: ++collections % WHOLE_EVERY === 0 ? "major" : "minor" });
}

// The way that node documents to reach the collector without a flag on the command line.
function exposeCollector(): NonNullable<typeof collect> {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
