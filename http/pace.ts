/** What a client took counts for less as time goes by: for a third after so many ms. */
const FADING_MS = 1000;
/** What one client may have taken lately beyond all others together: a quarter of a process's time. */
const MARGIN_MS = 250;
/** Others who took less than this lately want nothing. */
const WANTED_MS = 1;
/** The longest wait before the next of a client's requests begins, and the shortest: so that they do not all begin at once. */
const MAX_WAIT_MS = 1000;
const MIN_WAIT_MS = 1;
const MAX_CLIENTS = 10_000;

interface Taken {
  ms: number;
  at: number;
}

/**
 * Shares a process's time between its clients. Who takes far more than all others together begins the next request later, so
 * that the machine is idle when theirs come. A client that is alone has all of the time.
 */
export class Pace {
  readonly #now: () => number;
  readonly #all: Taken;
  readonly #taken = new Map<string, Taken>();
  /** The requests that have not begun, by client. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#all = { ms: 0, at: now() };
  }

  /** Counts time that the process has worked for a client. */
  count(client: string, ms: number): void {
    const now = this.#now();
    add(this.#all, ms, now);
    const own = this.#taken.get(client);
    if (own !== undefined) add(own, ms, now);
    else {
      if (this.#taken.size >= MAX_CLIENTS) this.#taken.clear();
      this.#taken.set(client, { ms, at: now });
    }
  }

  /** Begins a request of a client: at once, or when the client has left others enough. */
  begin(client: string, request: () => void): void {
    const waiting = this.#waiting.get(client);
    if (waiting !== undefined) waiting.push(request);
    else if (this.#waitOf(client) === 0) request();
    else {
      this.#waiting.set(client, [request]);
      this.#beginNext(client);
    }
  }

  #beginNext(client: string): void {
    const waitMs = Math.min(Math.max(this.#waitOf(client), MIN_WAIT_MS), MAX_WAIT_MS);
    setTimeout(() => {
      const waiting = this.#waiting.get(client) as (() => void)[];
      const request = waiting.shift() as () => void;
      if (waiting.length === 0) this.#waiting.delete(client);
      else this.#beginNext(client);
      request();
    }, waitMs);
  }

  #waitOf(client: string): number {
    const taken = this.#taken.get(client);
    if (taken === undefined) return 0;
    const now = this.#now();
    const own = msAt(taken, now);
    const others = msAt(this.#all, now) - own;
    if (others < WANTED_MS || own <= MARGIN_MS + others) return 0;
    return FADING_MS * Math.log(own / (MARGIN_MS + others));
  }
}

function msAt({ ms, at }: Taken, now: number): number {
  return ms * Math.exp((at - now) / FADING_MS);
}

function add(taken: Taken, ms: number, now: number): void {
  taken.ms = msAt(taken, now) + ms;
  taken.at = now;
}
