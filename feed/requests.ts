import pLimit, { type LimitFunction } from "p-limit";
import { failureOf, type Subject } from "./failure.ts";
import { waitMs } from "./pace.ts";
import { PulseSender } from "./pulse-sender.ts";
import type { Target } from "./target.ts";

export interface RequestsOptions extends Subject {
  target: Target;
  /** Requests at one time. */
  concurrency: number;
  /** Stops the run. A request that fails for good aborts it, with a message for the user as the reason. */
  stop: AbortController;
  /** Shows a line to the user. */
  log: (line: string) => void;
}

const LAST_ANSWERS_MS = 5000;
const REPEAT_NOTICE_MS = 10_000;

/** Sends requests of pulses side by side until one fails or the run is stopped. */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #sender: PulseSender;
  readonly #limit: LimitFunction;
  readonly #answers = new Set<Promise<void>>();
  /** Pulses that pulse-ingest has accepted. */
  accepted = 0;
  /** Requests that have begun. */
  count = 0;

  constructor(options: RequestsOptions) {
    const { target, concurrency, stop, log } = options;
    this.#options = options;
    this.#limit = pLimit(concurrency);
    this.#sender = new PulseSender({
      ...target,
      connections: concurrency,
      signal: stop.signal,
      onRetry: retryNotice(target, log),
    });
  }

  /** How often a request was tried again. */
  get retries(): number {
    return this.#sender.retries;
  }

  /**
   * Resolves when the request has begun. Until one of the requests under way ends, the caller waits: nothing piles up.
   * @param pulses each as JSON text
   * @param lines the line of each pulse in its file
   * @param onAccepted called after the answer; what it throws stops the run
   */
  begin(pulses: readonly string[], lines: readonly number[] = [], onAccepted = async () => {}): Promise<void> {
    return new Promise((hasBegun) => {
      const answer = this.#limit(() => {
        hasBegun();
        return this.#send(pulses, lines, onAccepted);
      });
      this.#answers.add(answer);
      answer.finally(() => this.#answers.delete(answer));
    });
  }

  /** Resolves when all requests are answered. After a stop it waits for the last answers only briefly. */
  async settle(): Promise<void> {
    if (!this.#options.stop.signal.aborted) {
      await Promise.all(this.#answers);
      return;
    }
    const settled = new AbortController();
    await Promise.race([Promise.all(this.#answers), waitMs(LAST_ANSWERS_MS, settled.signal)]);
    settled.abort();
  }

  /** Closes the connections. Requests under way are lost. */
  close(): Promise<void> {
    return this.#sender.close();
  }

  async #send(pulses: readonly string[], lines: readonly number[], onAccepted: () => Promise<void>): Promise<void> {
    const { stop, target } = this.#options;
    this.count++;
    const outcome = await this.#sender.send(pulses);
    if (outcome.kind === "stopped") return;
    if (outcome.kind !== "accepted") return stop.abort(failureOf(outcome, target.url, this.#options, lines));
    this.accepted += pulses.length;
    await onAccepted().catch((error: Error) => stop.abort(error.message));
  }
}

/** Tells the user that requests are tried again: once for each reason, and every few seconds while the reason lasts. */
function retryNotice({ url, retryForMs }: Target, log: (line: string) => void): (reason: string) => void {
  let last = { reason: "", at: 0 };
  return (reason) => {
    if (last.reason === reason && performance.now() - last.at < REPEAT_NOTICE_MS) return;
    last = { reason, at: performance.now() };
    log(`${url}: ${reason}; trying again, for ${retryForMs / 1000} s at most …`);
  };
}
