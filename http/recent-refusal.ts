/** A refusal says nothing of now once it is older: perhaps nobody has tried since. */
const OLD_AFTER_MS = 5 * 60_000;
/** The same, once smaller work has succeeded: what is nearly full has room for it, and so has what is well again. */
const DOUBTED_AFTER_MS = 60_000;

/** Why work was last refused, until work as large succeeds or the refusal is old. */
export class RecentRefusal {
  readonly #now: () => number;
  #reason = "";
  #at = Number.NEGATIVE_INFINITY;
  /** The largest that was refused. */
  #bytes = 0;
  #isDoubted = false;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes how a piece of work of that size went: why it was refused, or nothing for a success. */
  note(reason: string | undefined, bytes: number): void {
    if (reason === undefined) {
      if (bytes < this.#bytes) this.#isDoubted = true;
      else this.#at = Number.NEGATIVE_INFINITY;
      return;
    }
    this.#bytes = this.reason === undefined ? bytes : Math.max(this.#bytes, bytes);
    this.#reason = reason;
    this.#at = this.#now();
    this.#isDoubted = false;
  }

  get reason(): string | undefined {
    const oldAfterMs = this.#isDoubted ? DOUBTED_AFTER_MS : OLD_AFTER_MS;
    return this.#now() - this.#at < oldAfterMs ? this.#reason : undefined;
  }
}
