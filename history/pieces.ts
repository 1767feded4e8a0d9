/** Less work than this in one go keeps nobody waiting. Each turn may cost the work of everybody else. */
const PIECE_MS = 2;

/** Waits for a turn only where enough has been done since the last one. */
export function inPieces(nextTurn: () => Promise<void>): () => Promise<void> {
  let begunAt = performance.now();
  return async () => {
    if (performance.now() - begunAt < PIECE_MS) return;
    await nextTurn();
    begunAt = performance.now();
  };
}
