/** What a client that sends or reads at all moves, in bytes a second. A slower one would hold memory or a place for as long as it likes. */
export const LEAST_BYTES_PER_SECOND = 1024;

/** How many bytes had moved at a moment. */
export interface Mark {
  markedAt: number;
  markedBytes: number;
}

/**
 * How many milliseconds ago what moves fell behind {@link LEAST_BYTES_PER_SECOND}; 0 while it keeps up, and then `mark` is
 * moved on to `now`. Who catches up with the pace since the mark keeps up again.
 */
export function behindMs(mark: Mark, now: number, bytes: number): number {
  const sinceMs = now - mark.markedAt;
  if ((bytes - mark.markedBytes) * 1000 < LEAST_BYTES_PER_SECOND * sinceMs) return sinceMs;
  mark.markedAt = now;
  mark.markedBytes = bytes;
  return 0;
}

/**
 * Calls `look` again and again, with the milliseconds since the start in which this process could have moved bytes: time in
 * which it stood still is no client's fault.
 */
export function lookEvery(intervalMs: number, look: (now: number) => void): NodeJS.Timeout {
  let now = 0;
  let last = performance.now();
  return setInterval(() => {
    const time = performance.now();
    now += Math.min(time - last, 2 * intervalMs);
    last = time;
    look(now);
  }, intervalMs).unref();
}
