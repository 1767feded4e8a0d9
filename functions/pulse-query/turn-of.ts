import type { Share } from "../../history/history.ts";

/** Waits until the next piece of some work may be done. @throws once the signal aborts */
export async function turnOf({ nextTurn, signal }: Share): Promise<void> {
  // Of work that is given up, no piece takes a turn any more.
  signal?.throwIfAborted();
  await nextTurn?.();
  signal?.throwIfAborted();
}
