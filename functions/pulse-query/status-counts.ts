import { type Health, healthOf } from "../../events/health.ts";

/** How many pulses had a status; `null` stands for all that are not listed. */
export interface StatusCount {
  status: string | null;
  health: Health | null;
  count: number;
}

/** A status is free text: these are listed one by one, all others together. */
export const MAX_LISTED = 20;
/** Different statuses that are counted at one time: 64 characters each. */
export const MAX_COUNTED = 1000;

/**
 * How often each status came: the order does not matter. Up to 1,000 different ones are each counted. Of more, those that at
 * least every thousandth pulse has are counted, and this takes two readings of the pulses: `add` is called with each status
 * of the first, then `recount`, then `add` with each status of the second.
 *
 * The first reading is the algorithm of Misra and Gries (Finding repeated elements, 1982): a status that finds all counters
 * taken takes one from each. So at the end every status with more than a (1,000 + 1)th of all has a counter left.
 */
export class StatusCounts {
  #counts = new Map<string, number>();
  #total = 0;
  #isSecondReading = false;
  #hasOverflowed = false;

  add(status: string): void {
    this.#total++;
    const count = this.#counts.get(status);
    if (count !== undefined) this.#counts.set(status, count + 1);
    else if (this.#isSecondReading) return;
    else if (this.#counts.size < MAX_COUNTED) this.#counts.set(status, 1);
    else this.#takeOneFromEach();
  }

  /** Whether there were more statuses than counters, so that a second reading must count. */
  get needsRecount(): boolean {
    return this.#hasOverflowed && !this.#isSecondReading;
  }

  /** Begins the second reading, which counts only what is left of the first. */
  recount(): void {
    this.#isSecondReading = true;
    this.#total = 0;
    for (const status of this.#counts.keys()) this.#counts.set(status, 0);
  }

  /** The most frequent first; those that are counted together come last, without a text. */
  list(): StatusCount[] {
    const least = this.#hasOverflowed ? this.#total / MAX_COUNTED : 0;
    const counts = [...this.#counts]
      .filter(([, count]) => count >= least)
      .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
      .slice(0, MAX_LISTED)
      .map(([status, count]): StatusCount => ({ status, health: healthOf(status), count }));
    const others = counts.reduce((rest, { count }) => rest - count, this.#total);
    return others === 0 ? counts : [...counts, { status: null, health: null, count: others }];
  }

  #takeOneFromEach(): void {
    this.#hasOverflowed = true;
    for (const [status, count] of this.#counts) {
      if (count === 1) this.#counts.delete(status);
      else this.#counts.set(status, count - 1);
    }
  }
}
