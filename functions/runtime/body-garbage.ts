import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { collector } from "../../http/collector.ts";

const MIB = 1024 * 1024;
/** So many bytes of bodies start a collection, while most of their garbage is young and cheap to find. */
const COLLECT_EVERY_BYTES = 7 * MIB;
/** Of large bodies, so that not even two of the largest (PULSE_MAX_BODY_BYTES) come between two collections. */
const COLLECT_LARGE_EVERY_BYTES = 4 * MIB;
/**
 * Where a body is larger than that, or V8's heap, every second collection takes the whole heap: what was being read during one is
 * no longer young. A whole collection takes 18 ms and one of the young 0.5, so requests of some hundred spans go without.
 */
const LARGE_BODY_BYTES = MIB / 8;
const LARGE_HEAP_BYTES = 40 * MIB;

let bytesSince = 0;
let unpackedSince = 0;
let marksLate = false;
let isLargeBody = false;
let isWhole = false;

/**
 * Counts bytes that came in, and collects garbage now and then. V8 alone lets finished bodies pile up to some 100 MB: their
 * bytes lie outside its heap, where they weigh little.
 * @param bodyBytes how long the body is so far of which they are
 * @param isUnpacked whether they came packed, and are now unpacked
 */
export function countBodyBytes(bytes: number, bodyBytes: number, isUnpacked: boolean): void {
  bytesSince += bytes;
  if (isUnpacked) unpackedSince += bytes;
  isLargeBody ||= bodyBytes > LARGE_BODY_BYTES;
  if (bytesSince < (isLargeBody ? COLLECT_LARGE_EVERY_BYTES : COLLECT_EVERY_BYTES)) return;
  markLate(unpackedSince > bytesSince / 2);
  bytesSince = 0;
  unpackedSince = 0;
  isWhole = !isWhole && (isLargeBody || getHeapStatistics().used_heap_size > LARGE_HEAP_BYTES);
  if (isWhole) isLargeBody = false;
  collector()({ type: isWhole ? "major" : "minor" });
}

/**
 * Lets V8 mark a heap of which a tenth is left, and not ahead of need: where what is left of a small heap is less than all young objects
 * may take, it marks all the time, and does so in one process of two that unpacks bodies. Plain bodies cost up to a third more with it.
 */
function markLate(isWanted: boolean): void {
  if (isWanted === marksLate) return;
  marksLate = isWanted;
  setFlagsFromString(`--incremental-marking-soft-trigger=${isWanted ? 10 : 0}`);
}
