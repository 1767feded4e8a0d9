import type { Span } from "../storage/span.ts";

/** Times of pulses (epoch ms), in order: a month of them, of which the newest few are read again and again. */
export class PulseTimes {
  #times: number[] = [];
  /** How many there are before those that a gap may still begin or end with, and the gaps up to there. */
  #looked = 0;
  #gaps: Span[] = [];

  /** `undefined` while there is none. */
  get newest(): number | undefined {
    return this.#times.at(-1);
  }

  /** Takes what was read of a span, in order, in place of what was there. @returns those that were not */
  replace({ from, to }: Span, read: readonly number[]): number[] {
    const start = this.#indexOf(from);
    const after = this.#times.slice(this.#indexOf(to));
    const former = new Set(this.#times.slice(start, this.#times.length - after.length));
    this.#times.length = start;
    for (const time of read) this.#times.push(time);
    for (const time of after) this.#times.push(time);
    this.#lookOnlyTo(start);
    return read.filter((time) => !former.has(time));
  }

  /** The newest of those that are forgotten stays: a gap may reach from it beyond the time. */
  forgetBefore(time: number): void {
    const count = this.#indexOf(time) - 1;
    if (count <= 0) return;
    this.#times.splice(0, count);
    this.#looked = Math.max(0, this.#looked - count);
    const first = this.#times[0] as number;
    this.#gaps = this.#gaps.filter(({ from }) => from >= first);
  }

  /** What lies between those that are too far apart, up to a time; before the first of them nothing is known. */
  gaps(until: number, longestMs: number): Span[] {
    for (; this.#looked < this.#times.length - 1; this.#looked++) {
      const [from, to] = [this.#times[this.#looked] as number, this.#times[this.#looked + 1] as number];
      if (to - from > longestMs) this.#gaps.push({ from, to });
    }
    const { newest = until } = this;
    return until - newest > longestMs ? [...this.#gaps, { from: newest, to: until }] : [...this.#gaps];
  }

  #lookOnlyTo(index: number): void {
    if (index > this.#looked) return;
    this.#looked = Math.max(0, index - 1);
    // What the first of them was is gone with it.
    const begin = index === 0 ? Number.NEGATIVE_INFINITY : (this.#times[this.#looked] as number);
    this.#gaps = this.#gaps.filter(({ to }) => to <= begin);
  }

  /** Of the first that is at a time or later. */
  #indexOf(time: number): number {
    let [low, high] = [0, this.#times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] as number) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
