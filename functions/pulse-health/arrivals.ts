import { CELL_MS } from "../../health/cell.ts";
import { type Lags, noteArrival, usualLag } from "../../health/lag.ts";
import { floorTo } from "../../storage/tiers.ts";

/** When the pulses of one service come, as far as the keeper sees it: no store says when it took a pulse. */
export class Arrivals {
  #lags: Lags;
  #usualLag: number;
  /** Epoch ms. */
  #lookedAt: number | undefined;

  constructor(lags: Lags = []) {
    this.#lags = lags;
    this.#usualLag = usualLag(lags);
  }

  get lags(): Lags {
    return this.#lags;
  }

  /**
   * Until when the service can be judged (epoch ms): up to its newest pulse, and beyond that only what would have come by now. What is
   * judged does not depend on it, only when.
   */
  judgeableUntil(newest: number, until: number): number {
    if (this.#usualLag === 0) return until;
    return Math.min(until, Math.max(floorTo(CELL_MS, newest) + CELL_MS, floorTo(CELL_MS, until - this.#usualLag)));
  }

  /** Pulses have come that were not there at the last look, the oldest of a time (epoch ms). */
  note(oldest: number): void {
    if (this.#lookedAt === undefined) return;
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
