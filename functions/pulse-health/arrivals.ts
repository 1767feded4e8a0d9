import { CELL_MS } from "../../health/cell.ts";
import { clockLag, type Lags, noteArrival, noteNewest, usualLag } from "../../health/lag.ts";
import { floorTo } from "../../storage/tiers.ts";

/** When the pulses of one service come, as far as the keeper sees it: no store says when it took a pulse. */
export class Arrivals {
  #lags: Lags;
  #usualLag: number;
  /** Of the newest pulse of each, where each of them came late. */
  #newestLags: Lags;
  /** Epoch ms. */
  #lookedAt: number | undefined;

  constructor(lags: Lags = [], newestLags: Lags = []) {
    this.#lags = lags;
    this.#usualLag = usualLag(lags);
    this.#newestLags = newestLags;
  }

  get lags(): Lags {
    return this.#lags;
  }

  get newestLags(): Lags {
    return this.#newestLags;
  }

  /** Whether each pulse comes so late that the service's clock seems to be behind. */
  get isClockBehind(): boolean {
    return clockLag(this.#newestLags) > 0;
  }

  /**
   * Until when the service can be judged (epoch ms): up to its newest pulse, and beyond that only what would have come by now. What is
   * judged does not depend on it, only when.
   */
  judgeableUntil(newest: number, until: number): number {
    if (this.#usualLag === 0) return until;
    return Math.min(until, Math.max(floorTo(CELL_MS, newest) + CELL_MS, floorTo(CELL_MS, until - this.#usualLag)));
  }

  /** Pulses have come that were not there at the last look, from the oldest to the newest of two times (epoch ms). */
  note(oldest: number, newest = oldest): void {
    if (this.#lookedAt === undefined) return;
    this.#newestLags = noteNewest(this.#newestLags, this.#lookedAt - newest);
    const lag = this.#lookedAt - oldest;
    if (lag <= 0 && this.#lags.length === 0) return;
    this.#lags = noteArrival(this.#lags, lag);
    if (this.#lags.every((one) => one === 0)) this.#lags = [];
    this.#usualLag = usualLag(this.#lags);
  }

  /** Its pulses were read as of a time (epoch ms). */
  noteLook(asOf: number): void {
    this.#lookedAt = asOf;
  }
}
