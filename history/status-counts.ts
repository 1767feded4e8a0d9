import { HEALTHS, type Health, healthOf } from "../events/health.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { MAX_COUNTED, MAX_COUNTED_IN_ROLLUP, MAX_LISTED } from "./limits.ts";
import { hashOf } from "./text-hash.ts";

/** How many pulses had a status; `null` stands for all that are not listed. */
export interface StatusCount {
  status: string | null;
  health: Health | null;
  count: number;
}

interface Counter {
  readonly status: string;
  readonly health: Health;
  /** Which statuses stay when there are too many: those of the lowest rank. */
  readonly rank: number;
  count: number;
}

/**
 * How often each status came, whatever the order. Up to 1,000 different ones are each counted. Of more, 1,000 are: those with a
 * health first, then those whose texts hash lowest. A status that stays has been counted since it first came, because what must
 * go once must go each time: so the counts are the same in any order, and those of two spans add up to those of both.
 */
export class StatusCounts {
  readonly #counters = new Map<string, Counter>();
  #total = 0;
  /** Above it no status is let in; finite once one was turned away. */
  #highest = Number.POSITIVE_INFINITY;
  #isCut = false;

  /** Counts a status, and tells its health. */
  add(status: string): Health {
    return this.#add(status, 1);
  }

  /** The most frequent first; those that are counted together come last, without a text. */
  list(): StatusCount[] {
    // Where some are missing, a rare one that is there would look as if it were more frequent than those.
    const least = this.#isCut ? this.#total / MAX_COUNTED : 0;
    const counts = this.#sorted()
      .filter(({ count }) => count >= least)
      .slice(0, MAX_LISTED)
      .map(({ status, health, count }): StatusCount => ({ status, health, count }));
    const others = counts.reduce((rest, { count }) => rest - count, this.#total);
    return others === 0 ? counts : [...counts, { status: null, health: null, count: others }];
  }

  /** Writes the 100 most frequent, and how many others there are. */
  write(to: ByteWriter): void {
    const counters = this.#sorted().slice(0, MAX_COUNTED_IN_ROLLUP);
    to.whole(counters.length);
    for (const { status, count } of counters) {
      to.text(status);
      to.whole(count);
    }
    to.whole(counters.reduce((rest, { count }) => rest - count, this.#total));
  }

  /** Adds what was written of others. */
  addFrom(from: ByteReader): void {
    for (let left = from.whole(); left > 0; left--) this.#add(from.text(), from.whole());
    const others = from.whole();
    this.#total += others;
    if (others > 0) this.#isCut = true;
  }

  #add(status: string, count: number): Health {
    this.#total += count;
    const counter = this.#counters.get(status);
    if (counter !== undefined) {
      counter.count += count;
      return counter.health;
    }
    const health = healthOf(status);
    const rank = rankOf(status, health);
    if (rank <= this.#highest) {
      this.#counters.set(status, { status, health, rank, count });
      if (this.#counters.size > MAX_COUNTED) this.#removeHighest();
    }
    return health;
  }

  #removeHighest(): void {
    let highest: Counter | undefined;
    let next = 0;
    for (const counter of this.#counters.values()) {
      if (highest === undefined || isAbove(counter, highest)) {
        next = highest?.rank ?? 0;
        highest = counter;
      } else if (counter.rank > next) next = counter.rank;
    }
    if (highest === undefined) return;
    this.#counters.delete(highest.status);
    this.#highest = next;
    this.#isCut = true;
  }

  #sorted(): Counter[] {
    return [...this.#counters.values()].sort((a, b) => b.count - a.count || (a.status < b.status ? -1 : 1));
  }
}

function isAbove(a: Counter, b: Counter): boolean {
  return a.rank > b.rank || (a.rank === b.rank && a.status > b.status);
}

/** By a hash of the text, above all texts that have a health. */
function rankOf(status: string, health: Health): number {
  return health === "unknown" ? HEALTHS.length + hashOf(status) : HEALTHS.indexOf(health);
}
