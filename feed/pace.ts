import { setTimeout as wait } from "node:timers/promises";

/** Waits. Returns early, without an error, when the signal aborts. */
export async function waitMs(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}

/** Late timers do not lower the rate: a lag up to this long is made up for. A longer one is a pause and is not. */
const MAX_LAG_MS = 500;

/** Keeps a sender to a rate. */
export class Pace {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #wait: (ms: number, signal: AbortSignal) => Promise<void>;
  #dueAt = Number.NEGATIVE_INFINITY;

  /** @param perSecond how many may go a second; Infinity for no limit */
  constructor(perSecond: number, { now = () => performance.now(), wait = waitMs } = {}) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#wait = wait;
  }

  /** Resolves when `count` more may go, or when the signal aborts. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return;
    const dueAt = Math.max(this.#dueAt, this.#now() - (this.#dueAt === Number.NEGATIVE_INFINITY ? 0 : MAX_LAG_MS));
    this.#dueAt = dueAt + (count / this.#perSecond) * 1000;
    const ms = dueAt - this.#now();
    if (ms > 0) await this.#wait(ms, signal);
  }
}
