/**
 * A store that cannot be opened or used; the message names the remedy. Whatever else a store throws is a defect, and nobody
 * may call it an absent store.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
}
