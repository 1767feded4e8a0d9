import { CELL_MS } from "../../health/cell.ts";
import { clockLag, firstArrival, type Lags, noteArrival, noteNewest, usualLag } from "../../health/lag.ts";
import type { KeptState } from "../../health/memory.ts";
import { floorTo } from "../../storage/tiers.ts";

/** When the pulses of one service come, as far as the keeper sees it: no store says when it took a pulse. */
export class Arrivals {
  #lags: Lags;
  #usualLag: number;
  /** Of the newest pulse of each, where each of them came late. */
  #newestLags: Lags;
  /** Epoch ms. */
  #lookedAt: number | undefined;
  #isNew: boolean;
  #kept: readonly boolean[];

  /** @param absentAt epoch ms of a look at which the service had no pulse; `undefined` where there was none */
  constructor(kept?: Pick<KeptState, "lags" | "newestLags">, absentAt?: number) {
    const { lags = [], newestLags = [] } = kept ?? {};
    this.#isNew = kept === undefined;
    this.#lookedAt = absentAt;
    this.#lags = lags;
    this.#usualLag = usualLag(lags);
    this.#newestLags = newestLags;
    this.#kept = this.#found;
  }

  get lags(): Lags {
    return this.#lags;
  }

  get newestLags(): Lags {
    return this.#newestLags;
  }

  /** Whether something else is found than is kept: others show it, and go on from it. */
  get isNews(): boolean {
    const found = this.#found;
    return this.#kept.some((one, i) => one !== found[i]);
  }

  /** What is found is kept. */
  noteKept(): void {
    this.#kept = this.#found;
  }

  /** Whether pulses come late, and each of them so late that the service's clock seems to be behind. */
  get #found(): readonly boolean[] {
    return [this.#usualLag > 0, clockLag(this.#newestLags) > 0];
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
    const isFirst = this.#isNew;
    this.#isNew = false;
    if (this.#lookedAt === undefined) return;
    this.#newestLags = noteNewest(this.#newestLags, this.#lookedAt - newest);
    const lag = this.#lookedAt - oldest;
    if (lag <= 0 && this.#lags.length === 0) return;
    this.#lags = isFirst ? firstArrival(lag) : noteArrival(this.#lags, lag);
    if (this.#lags.every((one) => one === 0)) this.#lags = [];
    this.#usualLag = usualLag(this.#lags);
  }

  /** Its pulses were read as of a time (epoch ms). */
  noteLook(asOf: number): void {
    this.#lookedAt = asOf;
  }
}
