/** How long an answer is given to others who ask the same. */
const KEEP_MS = 1000;
const MAX_KEPT = 200;

/**
 * Answers that cost a scan of the store, shared by all who ask the same at the same time: a page that is open on many
 * screens asks for the same span at the same moment. An answer is at most a second old; one that failed is not kept.
 */
export class SharedAnswers<T> {
  readonly #now: () => number;
  /** In the order of asking. */
  readonly #kept = new Map<string, { answer: Promise<T>; staleAt: number }>();
  #underWay = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many answers are being made. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether an answer is there, or being made. */
  has(key: string): boolean {
    return (this.#kept.get(key)?.staleAt ?? 0) > this.#now();
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const now = this.#now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.staleAt > now) return kept.answer;
    this.#underWay++;
    const entry = { answer: make(), staleAt: Number.POSITIVE_INFINITY };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    entry.answer.then(
      () => {
        this.#underWay--;
        entry.staleAt = now + KEEP_MS;
      },
      () => {
        this.#underWay--;
        entry.staleAt = 0;
      },
    );
    for (const [other, { staleAt }] of this.#kept) {
      if (staleAt > now && this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(other);
    }
    return entry.answer;
  }
}
