import pLimit from "p-limit";
import type { DeadLetter, DeadLetterStore } from "../../storage/ports.ts";
import type { BrokerClient, SentEvent } from "../broker-client.ts";
import { asReplayed } from "./dead-letter.ts";
import type { DeadLetterMetrics } from "./dead-letter-metrics.ts";
import { countPulses } from "./pulse-count.ts";
import { type Selection, walkDeadLetters } from "./selection.ts";

export interface ReplayOptions {
  store: DeadLetterStore;
  broker: BrokerClient;
  metrics: DeadLetterMetrics;
  now: () => number;
}

/** What the caller of a replay of many may. */
export interface ReplayTerms {
  /** Resolves when the next piece of the search may be done. */
  nextTurn: () => Promise<void>;
  /** Whether it may still send a dead letter of its selection. */
  maySend: (deadLetter: DeadLetter) => boolean;
}

/** What became of a replay of many. */
export interface ReplayCount {
  /** The broker took them back. */
  replayed: number;
  /** The broker was away, or refused them. */
  failed: number;
  /** Not tried, of those that were looked at. */
  remaining: number;
  /** Whether there are dead letters that were not looked at. */
  is_more: boolean;
  /** Why the replay ended before all were tried, if it did. */
  stopped?: string;
}

/** Events in flight to the broker: its client needs no more connections. */
export const REPLAY_CONCURRENCY = 4;
/** The most dead letters that a replay looks at without sending them: those of others, and those that remain. */
const MAX_PASSED = 10_000;
/** The same, once no more are sent: they are only counted. */
const MAX_COUNTED = 1000;
const REVOKED = "the token was revoked";

/** Sends dead letters to the broker again. */
export class Replay {
  readonly #options: ReplayOptions;
  #isStopping = false;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** Ends a replay of many once the events in flight have their answers. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Sends one event again, with its correction if there is one, and notes the replay once the broker has it. */
  async replayOne({ id, event: failed, correction }: DeadLetter): Promise<SentEvent> {
    const { store, broker, metrics, now } = this.#options;
    // A broker may deliver before it answers. An event that fails again comes back with the same id and a later time than
    // this one: it is not marked.
    const startedAt = now();
    const event = asReplayed(failed, correction);
    const outcome = await broker.send(event);
    metrics.unacknowledged.inc(outcome.uncertainTries * countPulses(event));
    if (outcome.kind !== "accepted") return outcome;
    metrics.replayed.inc();
    metrics.replayedPulses.inc(countPulses(event));
    await store.markReplayed(id, startedAt);
    return outcome;
  }

  /**
   * Sends at most `limit` dead letters of a selection, newest first. Stops when the broker is away, and before a dead letter that the
   * caller may no longer send: many take minutes, in which a token may be revoked.
   */
  async replayMany(selection: Selection, limit: number, { nextTurn, maySend }: ReplayTerms): Promise<ReplayCount> {
    const count: ReplayCount = { replayed: 0, failed: 0, remaining: 0, is_more: false };
    const slots = pLimit(REPLAY_CONCURRENCY);
    let tried = 0;
    let passed = 0;
    for await (const { meant, searched, isLast } of walkDeadLetters(this.#options.store, selection, { nextTurn })) {
      const before = tried;
      await slots.map(meant.slice(0, limit - tried), async (deadLetter) => {
        if (count.stopped !== undefined || this.#isStopping) return;
        if (!maySend(deadLetter)) {
          count.stopped = REVOKED;
          return;
        }
        tried++;
        const outcome = await this.replayOne(deadLetter);
        if (outcome.kind === "accepted") count.replayed++;
        else count.failed++;
        if (outcome.kind === "unavailable") count.stopped ??= outcome.reason;
      });
      if (this.#isStopping) count.stopped ??= "the function is stopping";
      count.remaining += meant.length - (tried - before);
      passed += searched - (tried - before);
      const isOver = count.stopped !== undefined || tried === limit;
      const isLeft = this.#isStopping || count.stopped === REVOKED;
      if (isLeft || passed >= (isOver ? MAX_COUNTED : MAX_PASSED)) {
        count.is_more = !isLast;
        break;
      }
    }
    return count;
  }
}
