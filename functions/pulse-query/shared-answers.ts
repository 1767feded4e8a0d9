/** How long others who ask the same get the same answer. */
const KEEP_MS = 1000;
const MAX_KEPT = 200;

/**
 * Answers that cost a scan of the store, shared by all who ask the same at the same time: a page that is open on many
 * screens asks for the same span at the same moment. An answer is at most a second old; one that failed is not kept.
 */
export class SharedAnswers<T> {
  readonly #maxUnderWay: number;
  readonly #now: () => number;
  /** In the order of asking. */
  readonly #kept = new Map<string, { answer: Promise<T>; staleAt: number }>();
  #underWay = 0;

  constructor(maxUnderWay: number, now: () => number) {
    this.#maxUnderWay = maxUnderWay;
    this.#now = now;
  }

  /** The kept answer, or a new one; `undefined` while `maxUnderWay` answers are being made. */
  get(key: string, make: () => Promise<T>): Promise<T> | undefined {
    const now = this.#now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.staleAt > now) return kept.answer;
    if (this.#underWay >= this.#maxUnderWay) return undefined;
    this.#underWay++;
    const entry = { answer: make(), staleAt: Number.POSITIVE_INFINITY };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    const end = (staleAt: number) => {
      this.#underWay--;
      entry.staleAt = staleAt;
    };
    entry.answer.then(
      () => end(now + KEEP_MS),
      () => end(0),
    );
    for (const [other, { staleAt }] of this.#kept) {
      if (staleAt > now && this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(other);
    }
    return entry.answer;
  }
}
