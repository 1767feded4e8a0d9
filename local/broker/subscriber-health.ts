import type { Logger } from "pino";
import type { Verdict } from "./answer.ts";

/** Bounds the log lines about a subscriber that fails every other time. */
const QUIET_MS = 5000;

/** Logs once that a subscriber fails, and once that it works again; the level `debug` has the single failures. */
export class SubscriberHealth {
  readonly #logger: Logger;
  #isFailing = false;
  #quietUntil = 0;

  /** @param url of the subscriber; its path is not shown: a webhook's is often its secret */
  constructor(logger: Logger, trigger: string, url: URL) {
    this.#logger = logger.child({ trigger, subscriber: url.origin });
  }

  /** A subscriber that starts beside the broker need not be there yet. */
  start(): void {
    this.#quietUntil = performance.now() + QUIET_MS;
  }

  note(verdict: Verdict): void {
    const isFailing = verdict.kind === "failed" && !verdict.isFinal;
    if (isFailing === this.#isFailing || performance.now() < this.#quietUntil) return;
    this.#isFailing = isFailing;
    this.#quietUntil = performance.now() + QUIET_MS;
    if (isFailing) this.#logger.warn({ code: verdict.code }, "subscriber fails: deliveries are tried again");
    else this.#logger.info("subscriber takes deliveries again");
  }
}
