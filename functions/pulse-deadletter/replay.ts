import type { DeadLetter, DeadLetterStore } from "../../storage/ports.ts";
import type { BrokerClient, SentEvent } from "../broker-client.ts";
import type { DeadLetterMetrics } from "./dead-letter-metrics.ts";
import { asReplayed } from "./letter.ts";
import { countPulses } from "./pulse-count.ts";
import { type Selection, walkLetters } from "./selection.ts";

export interface ReplayOptions {
  store: DeadLetterStore;
  broker: BrokerClient;
  metrics: DeadLetterMetrics;
  now: () => number;
}

/** What became of a replay of many. */
export interface ReplayCount {
  /** The broker has taken them. */
  replayed: number;
  /** The broker was away, or refused them. */
  failed: number;
  /** Not tried; counted up to 10,000. */
  remaining: number;
  /** Why it ended before all were tried, where it did. */
  stopped?: string;
}

/** Events on their way to the broker at one time: the sink needs no more connections than that. */
export const REPLAY_CONCURRENCY = 4;
const MAX_COUNTED = 10_000;

/** Sends dead letters to the broker again. */
export class Replay {
  readonly #options: ReplayOptions;
  #isStopping = false;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** Lets a replay of many end after the letters that are on their way. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Sends one letter, with `data` in place of its event's data if given, and notes it once the broker has it. */
  async replayOne(letter: DeadLetter, data?: Buffer): Promise<SentEvent> {
    const { store, broker, metrics, now } = this.#options;
    // A broker may deliver before it answers: an event that failed again has come back by then, as a letter with the same
    // id that is younger than this moment and so stays one that was not replayed.
    const startedAt = now();
    const event = asReplayed(letter.event, data);
    const outcome = await broker.send(event);
    metrics.unacknowledged.inc(outcome.uncertainTries * countPulses(event));
    if (outcome.kind !== "accepted") return outcome;
    metrics.replayed.inc();
    metrics.replayedPulses.inc(countPulses(event));
    await store.markReplayed(letter.id, startedAt);
    return outcome;
  }

  /** Sends at most `limit` letters of a selection, newest first; a broker that is away ends it. */
  async replayMany(selection: Selection, limit: number): Promise<ReplayCount> {
    const count: ReplayCount = { replayed: 0, failed: 0, remaining: 0 };
    let tried = 0;
    for await (const letters of walkLetters(this.#options.store, selection)) {
      const queue = letters.slice(0, limit - tried);
      const worker = async () => {
        while (count.stopped === undefined && !this.#isStopping) {
          const letter = queue.shift();
          if (letter === undefined) return;
          tried++;
          const outcome = await this.replayOne(letter);
          if (outcome.kind === "accepted") count.replayed++;
          else count.failed++;
          if (outcome.kind === "unavailable") count.stopped = outcome.reason;
        }
      };
      const before = tried;
      await Promise.all(Array.from({ length: REPLAY_CONCURRENCY }, worker));
      if (this.#isStopping) count.stopped ??= "the function is stopping";
      count.remaining += letters.length - (tried - before);
      if (this.#isStopping || count.remaining >= MAX_COUNTED) break;
    }
    return count;
  }
}
