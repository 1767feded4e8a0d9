import { type Fading, fadesTo, leftOf } from "./fading.ts";

/** What one client may have taken lately beyond all others together, in ms: a quarter of a process's time. */
const MARGIN_MS = 250;
/** Others who took less than this lately want nothing. */
const WANTED_MS = 1;
/** The longest wait before the next of a client's requests begins, and the shortest: so that they do not all begin at once. */
const MAX_WAIT_MS = 1000;
const MIN_WAIT_MS = 1;
const MAX_CLIENTS = 10_000;

type Begin = () => void;

/**
 * Shares a process's time between its clients. Who takes far more than all others together begins the next request later, so
 * that the machine is idle when theirs come. A client that is alone has all of the time.
 */
export class Pace {
  readonly #now: () => number;
  readonly #all: Fading;
  readonly #taken = new Map<string, Fading>();
  /** The requests that have not begun, by client, in the order of coming. A client is in it until its timer finds none. */
  readonly #waiting = new Map<string, Set<Begin>>();

  /** @param now ms of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#all = { amount: 0, at: now() };
  }

  /** Counts time (ms) that the process has worked for a client. */
  count(client: string, ms: number): void {
    const now = this.#now();
    add(this.#all, ms, now);
    const own = this.#taken.get(client);
    if (own !== undefined) add(own, ms, now);
    else {
      if (this.#taken.size >= MAX_CLIENTS) this.#taken.clear();
      this.#taken.set(client, { amount: ms, at: now });
    }
  }

  /**
   * Begins a request of a client: at once, or when the client has left others enough.
   * @returns what takes a request back that has not begun; `undefined` for one that has
   */
  begin(client: string, request: Begin): (() => void) | undefined {
    let waiting = this.#waiting.get(client);
    if (waiting === undefined && this.#waitOf(client) === 0) {
      request();
      return undefined;
    }
    if (waiting === undefined) {
      waiting = new Set();
      this.#waiting.set(client, waiting);
      this.#beginNextLater(client, waiting);
    }
    const requests = waiting.add(request);
    return () => void requests.delete(request);
  }

  #beginNextLater(client: string, waiting: Set<Begin>): void {
    const waitMs = Math.min(Math.max(this.#waitOf(client), MIN_WAIT_MS), MAX_WAIT_MS);
    setTimeout(() => {
      const [next] = waiting;
      if (next === undefined) {
        this.#waiting.delete(client);
        return;
      }
      waiting.delete(next);
      this.#beginNextLater(client, waiting);
      next();
    }, waitMs);
  }

  #waitOf(client: string): number {
    const taken = this.#taken.get(client);
    // What is left is never more than what there was.
    if (taken === undefined || taken.amount <= MARGIN_MS) return 0;
    const now = this.#now();
    const own = leftOf(taken, now);
    const others = leftOf(this.#all, now) - own;
    if (others < WANTED_MS || own <= MARGIN_MS + others) return 0;
    return fadesTo(own, MARGIN_MS + others);
  }
}

function add(taken: Fading, ms: number, now: number): void {
  taken.amount = leftOf(taken, now) + ms;
  taken.at = now;
}
