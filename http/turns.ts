/**
 * Turns for work that is done in pieces, such as a scan of a store. After each piece another client has its turn: one with many
 * such works gets no more of the process than one with a single one. Everything else that is ready is served between two pieces.
 */
export class Turns {
  /** What waits for its next piece, by client; the client that had its turn last comes last. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isGranting = false;

  /** Resolves when the client may do its next piece. */
  next(client: string): Promise<void> {
    return new Promise((begin) => {
      const own = this.#waiting.get(client);
      if (own === undefined) this.#waiting.set(client, [begin]);
      else own.push(begin);
      if (this.#isGranting) return;
      this.#isGranting = true;
      setImmediate(() => this.#grant());
    });
  }

  #grant(): void {
    const [client, own] = this.#waiting.entries().next().value as [string, (() => void)[]];
    const begin = own.shift();
    this.#waiting.delete(client);
    if (own.length > 0) this.#waiting.set(client, own);
    if (this.#waiting.size > 0) setImmediate(() => this.#grant());
    else this.#isGranting = false;
    begin?.();
  }
}
