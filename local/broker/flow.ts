// Whether more comes to a queue than leaves it. What waits would wait ever longer, and every sender's events with it.

/** An event that begins its way after so long is late, where the queue takes more than it delivers. */
const LATE_MS = 5000;
/** Once events wait for less than this, they may come as they like again. */
const IN_TIME_MS = 2000;
/** How long is counted what comes and what leaves. */
const WINDOW_MS = 2000;
/** Of what leaves. With less than this coming, what waits grows less: after an outage nobody is slowed down. */
const SUSTAINABLE_SHARE = 0.8;

/** Compares what comes to a queue with what leaves it, in bytes. */
export class Flow {
  readonly #now: () => number;
  #cameBytes = 0;
  #leftBytes = 0;
  #waitedMs = 0;
  #since: number;
  #isOverloaded = false;

  /** @param now milliseconds, of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#since = now();
  }

  came(bytes: number): void {
    this.#roll();
    this.#cameBytes += bytes;
  }

  /** An event began its way to the subscriber, having waited for so long. */
  began(waitedMs: number): void {
    this.#waitedMs = waitedMs;
  }

  left(bytes: number): void {
    this.#roll();
    this.#leftBytes += bytes;
  }

  /** False while nothing leaves at all: a broker is there to keep what an absent subscriber cannot take. */
  get isOverloaded(): boolean {
    this.#roll();
    return this.#isOverloaded;
  }

  #roll(): void {
    const now = this.#now();
    if (now - this.#since < WINDOW_MS) return;
    if (this.#leftBytes === 0 || this.#waitedMs < IN_TIME_MS) this.#isOverloaded = false;
    else if (this.#waitedMs > LATE_MS && this.#cameBytes > SUSTAINABLE_SHARE * this.#leftBytes)
      this.#isOverloaded = true;
    this.#cameBytes = 0;
    this.#leftBytes = 0;
    this.#since = now;
  }
}
