import { SMALL_BYTES } from "../../http/shedding.ts";

/** What a client may send in a second while the broker takes more than it delivers: some 1,200 pulses. */
const BYTES_PER_SECOND = SMALL_BYTES;
const MAX_CLIENTS = 10_000;

/**
 * Holds each client to a share while the broker takes more than it delivers. Otherwise what one client sends too much would
 * make the pulses of all others wait. Times are ms of a clock that never goes back.
 */
export class SlowDown {
  #until = 0;
  /** By client: what it sent and has not worked off, at a time. */
  readonly #debts = new Map<string, { bytes: number; at: number }>();

  /** The broker asks for less, from now on for so long. */
  begin(now: number, ms: number): void {
    this.#until = now + ms;
  }

  /** False while every client may send what it likes, which needs no clock. */
  get isOn(): boolean {
    return this.#until > 0;
  }

  /** Whether a client may send a body now; then it counts. One that is larger than the share makes the next wait longer. */
  admits(client: () => string, bodyBytes: number, now: number): boolean {
    if (now >= this.#until) {
      this.#until = 0;
      if (this.#debts.size > 0) this.#debts.clear();
      return true;
    }
    const name = client();
    const debt = this.#debts.get(name) ?? { bytes: 0, at: now };
    const left = Math.max(0, debt.bytes - ((now - debt.at) * BYTES_PER_SECOND) / 1000);
    if (left >= BYTES_PER_SECOND) return false;
    if (this.#debts.size >= MAX_CLIENTS) this.#debts.clear();
    this.#debts.set(name, { bytes: left + bodyBytes, at: now });
    return true;
  }
}
