import type { HttpRequest } from "./route.ts";

/** Who asks for work to be done: a request. */
export type Asker = Pick<HttpRequest, "client" | "gone">;

interface Holder {
  giveUp: () => void;
}

/** Who waits for a place. */
interface Waiting extends Holder {
  client: string;
  begin: (leave: (() => void) | undefined) => void;
}

/**
 * Places for what holds memory or a stream for long. Anybody takes a free one. When there is none, the client that holds
 * most gives up its newest one to a client that then holds no more than it. Who still gets none may wait.
 */
export class Places {
  readonly #count: number;
  readonly #maxWaiting: number;
  #taken = 0;
  /** By client; of one client, the oldest first. */
  readonly #holders = new Map<string, Set<Holder>>();
  /** In the order of coming. */
  readonly #waiting = new Set<Waiting>();

  /** @param maxWaiting how many may wait at one time, for all clients together */
  constructor(count: number, maxWaiting = 0) {
    this.#count = count;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Takes a place for a client. `giveUp` is called once if it must end early; then the place is another's already.
   * @returns what gives the place back, however often it is called; `undefined` when no place can be had.
   */
  take(client: string, giveUp: () => void): (() => void) | undefined {
    if (this.#taken >= this.#count && !this.#shedFor(client)) return undefined;
    return this.#give(client, { giveUp });
  }

  /**
   * The same, and waits while no place can be had: first comes who holds fewest. `undefined` when there is no room to wait, or once
   * `gone` aborts; of those who wait, too, the client with most gives way.
   */
  async takeInTurn(client: string, giveUp: () => void, gone?: AbortSignal): Promise<(() => void) | undefined> {
    const leave = this.take(client, giveUp);
    if (leave !== undefined) return leave;
    if (this.#waiting.size >= this.#maxWaiting && !this.#shedWaitingFor(client)) return undefined;
    return await new Promise((begin) => {
      const one = { client, giveUp, begin };
      this.#waiting.add(one);
      gone?.addEventListener("abort", () => this.#waiting.delete(one) && begin(undefined), { once: true });
    });
  }

  /**
   * Does some work in a place that it may wait for: `undefined` where no place can be had, or where it must be given up, when
   * the work's signal aborts. That is so, too, once who asks has gone.
   */
  async workInTurn<T>(asker: Asker, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const abort = new AbortController();
    const { signal } = abort;
    const giveUp = () => abort.abort();
    const gone = asker.gone();
    if (gone.aborted) return undefined;
    gone.addEventListener("abort", giveUp, { once: true });
    const leave = await this.takeInTurn(asker.client(), giveUp, gone);
    if (leave === undefined) return undefined;
    try {
      return signal.aborted ? undefined : await work(signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    } finally {
      leave();
    }
  }

  #give(client: string, holder: Holder): () => void {
    const own = this.#holders.get(client) ?? new Set();
    this.#holders.set(client, own.add(holder));
    this.#taken++;
    return () => {
      if (this.#free(client, holder)) this.#admit();
    };
  }

  #free(client: string, holder: Holder): boolean {
    const own = this.#holders.get(client);
    if (!own?.delete(holder)) return false;
    this.#taken--;
    if (own.size === 0) this.#holders.delete(client);
    return true;
  }

  #admit(): void {
    while (this.#taken < this.#count && this.#waiting.size > 0) {
      let next: Waiting | undefined;
      for (const one of this.#waiting) {
        if (next === undefined || this.#heldBy(one.client) < this.#heldBy(next.client)) next = one;
      }
      const { client, giveUp, begin } = next as Waiting;
      this.#waiting.delete(next as Waiting);
      begin(this.#give(client, { giveUp }));
    }
  }

  #heldBy(client: string): number {
    return this.#holders.get(client)?.size ?? 0;
  }

  #shedFor(client: string): boolean {
    let most = this.#heldBy(client) + 1;
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

  #shedWaitingFor(client: string): boolean {
    const newestOf = new Map<string, { count: number; newest: Waiting }>();
    for (const one of this.#waiting) {
      newestOf.set(one.client, { count: (newestOf.get(one.client)?.count ?? 0) + 1, newest: one });
    }
    let most = (newestOf.get(client)?.count ?? 0) + 1;
    let chosen: Waiting | undefined;
    for (const { count, newest } of newestOf.values()) {
      if (count <= most) continue;
      most = count;
      chosen = newest;
    }
    if (chosen === undefined) return false;
    this.#waiting.delete(chosen);
    chosen.begin(undefined);
    return true;
  }
}
