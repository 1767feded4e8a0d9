import { setTimeout as delay } from "node:timers/promises";
import type { PulseReader } from "../storage/ports.ts";
import { floorTo, TIERS } from "../storage/tiers.ts";
import type { History } from "./history.ts";
import { RecentMinutes } from "./recent-minutes.ts";

export interface RollOptions {
  history: Pick<History, "roll">;
  reader: Pick<PulseReader, "names">;
  retentionMs: number;
  now: () => number;
  signal: AbortSignal;
  /** How long to rest after each piece of work, as a multiple of what it took. @default 0 */
  rest?: number;
  /** Called after each service, for each span in turn. */
  onRolled?: (service: string, from: number) => void;
}

/** What is rolled of a service at one time. */
const WEEK_MS = 7 * TIERS.day;

/**
 * Makes the rollups that are missing of the last `spanMs`, or of the whole retention: the newest week of every service, then the
 * week before. What is there is only looked at, so that a call which was interrupted goes on where it was.
 * @throws once the signal aborts @throws {StoreError}
 */
export async function rollAll(options: RollOptions, spanMs = options.retentionMs): Promise<void> {
  const { history, reader, retentionMs, now, signal, rest = 0, onRolled } = options;
  const to = floorTo(TIERS.hour, now());
  const oldest = to - Math.min(spanMs, retentionMs);
  for (let end = to; end > oldest; ) {
    const from = Math.max(floorTo(TIERS.day, end - Math.min(spanMs, WEEK_MS)), oldest);
    for await (const names of reader.names()) {
      for (const service of names) {
        const startedAt = performance.now();
        await history.roll(service, { from, to: end }, { signal });
        onRolled?.(service, from);
        if (rest > 0) await delay(rest * (performance.now() - startedAt), undefined, { signal });
      }
    }
    end = from;
  }
}

export interface RollingOptions extends Omit<RollOptions, "signal" | "onRolled"> {
  history: Pick<History, "roll" | "rollMinutes" | "sealedUntil">;
  everyMs?: number;
  /** Called when a pass ended early; the next one tries again. */
  onFailure: (error: unknown) => void;
}

/** Each pass looks back as far: pulses that a hint brings come up to three hours late, and yesterday is made of its hours then. */
const EACH_PASS_MS = 30 * TIERS.hour;
const EVERY_MS = 10 * TIERS.minute;
const FIRST_MS = TIERS.minute;
/** A pass over all that is there, once in so many: pulses may come as late as the retention. */
const WHOLE_EVERY = 144;
/** Rests three times as long as it works: writing and answering come first. */
const REST = 3;

/** Rolls in the background until it is stopped. */
export class Rolling {
  readonly #options: RollingOptions;
  readonly #ended = new AbortController();
  readonly #loops: Promise<unknown>;

  constructor(options: RollingOptions) {
    this.#options = options;
    const { everyMs = EVERY_MS } = options;
    const all = { rest: REST, ...options, signal: this.#ended.signal };
    const minutes = new RecentMinutes(all);
    this.#loops = Promise.all([
      this.#repeat(everyMs, wholeNowAndThen(all)),
      this.#repeat(Math.min(everyMs, TIERS.minute), () => minutes.roll()),
    ]);
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#loops;
  }

  async #repeat(everyMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#ended;
    for (let pauseMs = Math.min(FIRST_MS, everyMs); ; pauseMs = everyMs) {
      // A start comes first. Half of the pause is random: replicas that started together do not roll together.
      await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) this.#options.onFailure(error);
      }
    }
  }
}

/** Rolls the newest hours with each call, and all that is there with some. */
function wholeNowAndThen(options: RollOptions): () => Promise<void> {
  let isWhole = true;
  let pass = 0;
  return async () => {
    isWhole ||= pass++ % WHOLE_EVERY === 0;
    await rollAll(options, EACH_PASS_MS);
    if (isWhole) await rollAll(options);
    isWhole = false;
  };
}
