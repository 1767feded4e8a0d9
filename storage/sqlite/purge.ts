import type { DatabaseSync } from "node:sqlite";
import { transact } from "./database.ts";

export interface PurgeOptions {
  database: DatabaseSync;
  /** Deletes at most `maxRows` inside a transaction; true when there may be more. */
  purgeSome(maxRows: number): boolean;
  /** How often to look for expired rows. */
  everyMs: number;
}

/** A write may have to wait for one chunk: measured, 6 ms of CPU with 20 services and 16 ms with 1,000. */
const CHUNK_ROWS = 500;

/**
 * Deletes what has outlived the retention, chunk by chunk, and pauses after each for as long as the chunk took. SQLite uses
 * the space again. The first write starts it, so that a process that only reads never takes the lock.
 */
export class Purge {
  readonly #options: PurgeOptions;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: PurgeOptions) {
    this.#options = options;
  }

  /** Starts, unless it has. */
  start(): void {
    if (this.#timer === undefined && !this.#isStopped) this.#schedule(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    const { database, purgeSome, everyMs } = this.#options;
    this.#timer = setTimeout(() => {
      const started = performance.now();
      let isMore = false;
      try {
        isMore = transact(database, () => purgeSome(CHUNK_ROWS));
      } catch {
        // Another process has the lock, or the disk fails. Expired rows stay hidden, and the next turn tries again.
      }
      this.#schedule(isMore ? performance.now() - started : everyMs);
    }, delayMs).unref();
  }
}
