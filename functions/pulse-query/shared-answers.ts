import { type Asker, Places } from "../../http/places.ts";

/** How long others who ask the same get the same answer. */
const KEEP_MS = 1000;
const MAX_KEPT = 200;

interface Kept<T> {
  /** `undefined` when its place went to another client. */
  answer: Promise<T | undefined>;
  /** Epoch ms: a second after it was begun; never, while it waits for its place. */
  staleAt: number;
  /** How many have asked for it and have not gone. */
  askers: number;
  /** Given up when all have gone. */
  giveUp: AbortController;
}

/**
 * Answers that cost a scan of the store, shared by all who ask the same at the same time: a page that is open on many
 * screens asks for the same span at the same moment. Who asks gets an answer that was begun a second before at most, however
 * long it takes: it holds what was stored until then. One that failed is not kept.
 */
export class SharedAnswers<T> {
  readonly #places: Places;
  readonly #now: () => number;
  /** In the order of asking. */
  readonly #kept = new Map<string, Kept<T>>();

  /**
   * @param maxUnderWay how many answers are made at one time, for all clients together
   * @param maxWaiting how many more wait for that
   */
  constructor(maxUnderWay: number, maxWaiting: number, now: () => number) {
    this.#places = new Places(maxUnderWay, maxWaiting);
    this.#now = now;
  }

  /**
   * The kept answer, or a new one; `undefined` when who asks gets no place for making one, has to give it up, or has gone. `make`
   * ends early when its signal aborts.
   */
  async get(key: string, asker: Asker, make: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const gone = asker.gone();
    while (!gone.aborted) {
      const kept = this.#kept.get(key);
      const isFresh = kept !== undefined && kept.staleAt > this.#now();
      const entry = isFresh ? kept : this.#make(key, asker.client, make);
      entry.askers++;
      const leave = () => --entry.askers === 0 && entry.giveUp.abort();
      gone.addEventListener("abort", leave, { once: true });
      const answer = await entry.answer;
      // Who made it had to give up a place, which those who share the answer need not.
      if (answer !== undefined || !isFresh) return answer;
    }
    return undefined;
  }

  #make(key: string, client: Asker["client"], make: (signal: AbortSignal) => Promise<T>): Kept<T> {
    const now = this.#now();
    const giveUp = new AbortController();
    const answer = this.#places.workInTurn({ client, gone: () => giveUp.signal }, (signal) => {
      entry.staleAt = this.#now() + KEEP_MS;
      return make(signal);
    });
    const entry: Kept<T> = { answer, staleAt: Number.POSITIVE_INFINITY, askers: 0, giveUp };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    const end = () => {
      entry.staleAt = 0;
    };
    answer.then((made) => made === undefined && end(), end);
    for (const [other, { staleAt }] of this.#kept) {
      if (staleAt > now && this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(other);
    }
    return entry;
  }
}
