import pLimit from "p-limit";
import type { Share } from "../../history/history.ts";

/** A past with more runs than this is long: some 150 KB. */
export const LONG_PAST_RUNS = 1000;

/** How a work that reads a past shares the process. */
export interface PastShare extends Share {
  /** Waits until the work may hold a long past. @throws once the work is given up */
  beforeLong?: (() => Promise<void>) | undefined;
}

/**
 * Bounds the memory of works that read the pasts of services: of those with long ones, a single one goes on at one time. A service that
 * flaps has 2,000 runs a day, and pasts are read of many services at once.
 */
export class LongPasts {
  readonly #limit = pLimit(1);

  /** Does some work, which is to wait before it reads more of a past than a short one has. Its turn ends with the work. */
  async during<T>(signal: AbortSignal | undefined, work: (beforeLong: () => Promise<void>) => Promise<T>): Promise<T> {
    const end = Promise.withResolvers<void>();
    let begun: Promise<void> | undefined;
    const beforeLong = async () => {
      begun ??= new Promise((begin) => {
        void this.#limit(() => {
          begin();
          return end.promise;
        });
      });
      await begun;
      signal?.throwIfAborted();
    };
    try {
      return await work(beforeLong);
    } finally {
      end.resolve();
    }
  }
}
