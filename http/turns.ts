import { type Fading, leftOf } from "./fading.ts";
import type { Pace } from "./pace.ts";

/** Less of a turn than this counts for nothing. */
const FADED = 0.01;

/**
 * Turns for work that is done in pieces, such as a scan of a store. The next piece is done for the client that has lately had the
 * fewest turns: one with many such works leaves the process to others whenever they want it. Everything else that is ready is
 * served between two pieces.
 */
export class Turns {
  readonly #pace: Pace | undefined;
  readonly #now: () => number;
  /** What waits for its next piece, by client. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Who lately had turns, the last one at the end. */
  readonly #recent = new Map<string, Fading>();
  #isGranting = false;
  /** Whose turn it is, and since when. */
  #granted: { client: string; at: number } | undefined;

  /** @param pace hears of the time that turns take; @param now ms of a clock that never goes back */
  constructor({ pace, now = () => performance.now() }: { pace?: Pace; now?: () => number } = {}) {
    this.#pace = pace;
    this.#now = now;
  }

  /** Resolves when the client may do its next piece. */
  next(client: string): Promise<void> {
    return new Promise((begin) => {
      const own = this.#waiting.get(client);
      if (own === undefined) this.#waiting.set(client, [begin]);
      else own.push(begin);
      if (this.#isGranting) return;
      this.#isGranting = true;
      setImmediate(() => this.#grant());
    });
  }

  #grant(): void {
    const now = this.#now();
    if (this.#granted !== undefined) this.#pace?.count(this.#granted.client, now - this.#granted.at);
    this.#granted = undefined;
    if (this.#waiting.size === 0) {
      this.#isGranting = false;
      return;
    }
    let client = "";
    let fewest = Number.POSITIVE_INFINITY;
    for (const one of this.#waiting.keys()) {
      const turns = turnsAt(this.#recent.get(one), now);
      if (turns < fewest) [client, fewest] = [one, turns];
    }
    const own = this.#waiting.get(client) as (() => void)[];
    const begin = own.shift();
    // At the end: of clients with equal turns, the one that has waited longest comes first.
    this.#waiting.delete(client);
    if (own.length > 0) this.#waiting.set(client, own);
    this.#recent.delete(client);
    this.#recent.set(client, { amount: fewest + 1, at: now });
    for (const [one, recent] of this.#recent) {
      if (turnsAt(recent, now) > 0) break;
      this.#recent.delete(one);
    }
    this.#granted = { client, at: now };
    setImmediate(() => this.#grant());
    begin?.();
  }
}

function turnsAt(recent: Fading | undefined, now: number): number {
  const turns = recent === undefined ? 0 : leftOf(recent, now);
  return turns < FADED ? 0 : turns;
}
