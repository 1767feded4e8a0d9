/** The longest that an answer is held back. */
const MAX_HOLD_MS = 1000;
/** So many answers at one time, and so many clients, are remembered; what goes beyond is answered at once. */
const MAX_HELD = 1000;
const MAX_CLIENTS = 10_000;

/**
 * Clients that were asked to come back later and come back sooner. Refused at once, a loop without a pause asks again at
 * once, and takes the process from everyone else. So its next refusal waits until the time that the one before named is over.
 */
export class HastyClients {
  readonly #now: () => number;
  /** By client: until when (ms) it was asked to wait. */
  readonly #until = new Map<string, number>();
  #held = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Refuses a request of a client: now, or once the client should have come. */
  refuse(client: string, retryAfterMs: number, send: () => void): void {
    const now = this.#now();
    const until = this.#until.get(client) ?? 0;
    if (until <= now) {
      if (this.#until.size >= MAX_CLIENTS) this.#until.clear();
      this.#until.set(client, now + Math.min(retryAfterMs, MAX_HOLD_MS));
    }
    if (until <= now || this.#held >= MAX_HELD) {
      send();
      return;
    }
    this.#held++;
    setTimeout(() => {
      this.#held--;
      send();
    }, until - now);
  }
}
