interface Holder {
  giveUp: () => void;
}

/**
 * Places for what holds memory or a stream for long. Anybody takes a free one. When there is none, the client that holds
 * most gives up its newest one to a client that then holds no more than it.
 */
export class Places {
  readonly #count: number;
  #taken = 0;
  /** By client; of one client, the oldest first. */
  readonly #holders = new Map<string, Set<Holder>>();

  constructor(count: number) {
    this.#count = count;
  }

  /**
   * Takes a place for a client. `giveUp` is called once if it must end early; then the place is another's already.
   * @returns what gives the place back, however often it is called; `undefined` when no place can be had.
   */
  take(client: string, giveUp: () => void): (() => void) | undefined {
    if (this.#taken >= this.#count && !this.#shedFor(client)) return undefined;
    const holder: Holder = { giveUp };
    const own = this.#holders.get(client) ?? new Set();
    this.#holders.set(client, own.add(holder));
    this.#taken++;
    return () => this.#free(client, holder);
  }

  #free(client: string, holder: Holder): void {
    const own = this.#holders.get(client);
    if (!own?.delete(holder)) return;
    this.#taken--;
    if (own.size === 0) this.#holders.delete(client);
  }

  #shedFor(client: string): boolean {
    let most = (this.#holders.get(client)?.size ?? 0) + 1;
    let greediest: string | undefined;
    for (const [other, { size }] of this.#holders) {
      if (size <= most) continue;
      most = size;
      greediest = other;
    }
    const newest = greediest === undefined ? undefined : [...(this.#holders.get(greediest) ?? [])].at(-1);
    if (greediest === undefined || newest === undefined) return false;
    this.#free(greediest, newest);
    newest.giveUp();
    return true;
  }
}
