/** Runs tasks side by side, so many at a time. */
export class Lanes {
  readonly #running = new Set<Promise<void>>();
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  /** Resolves when the task has begun: while all lanes are taken the caller waits, so that nothing piles up. A task does not throw. */
  async begin(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#count) await Promise.race(this.#running);
    const running = task().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when no task runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running);
  }
}
