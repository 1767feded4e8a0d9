import { setTimeout as delay } from "node:timers/promises";
import { CELL_MS } from "../../health/cell.ts";
import { floorTo } from "../../storage/tiers.ts";

export interface RoundsOptions {
  /** Does one round. */
  round: () => Promise<void>;
  /** Rounds begin so long after the end of a cell, in ms. */
  settleMs: number;
  now: () => number;
  /** Called when a round ended early; the next one goes on. */
  onFailure: (error: unknown) => void;
}

/** Does a round after the end of each cell of event time, one at a time, until it is stopped. */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  /** Resolves when nothing is under way any more. */
  stop(): Promise<void> {
    this.#ended.abort();
    return this.#loop;
  }

  async #run(): Promise<void> {
    const { round, settleMs, now, onFailure } = this.#options;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await round();
      } catch (error) {
        onFailure(error);
      }
      const next = floorTo(CELL_MS, now() - settleMs) + CELL_MS + settleMs;
      await delay(next - now(), undefined, { signal }).catch(() => {});
    }
  }
}
