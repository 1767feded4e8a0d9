/** A refusal says nothing of now once it is older: perhaps nobody has tried since. */
const OLD_AFTER_MS = 5 * 60_000;

/** Why work was last refused, until work succeeds or the refusal is old. */
export class RecentRefusal {
  readonly #now: () => number;
  #reason = "";
  #at = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes how a piece of work went: why it was refused, or nothing for a success. */
  note(reason: string | undefined): void {
    this.#at = reason === undefined ? Number.NEGATIVE_INFINITY : this.#now();
    if (reason !== undefined) this.#reason = reason;
  }

  get reason(): string | undefined {
    return this.#now() - this.#at < OLD_AFTER_MS ? this.#reason : undefined;
  }
}
