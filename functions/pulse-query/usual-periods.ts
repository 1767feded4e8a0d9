// The usual period of each service, learnt as events/lateness.ts says. Learning a period costs some reads of the store, so an
// answer waits for it only where a service may be late: it has been silent for a while, and either nothing was ever learnt
// of it, or it is one of the first few that have pulsed since. All other periods are learnt after the answer. So when every
// service falls silent at once, nearly all periods are known already, and the rest some answers later.
import { setImmediate as nextTurn } from "node:timers/promises";
import pLimit from "p-limit";
import {
  LEARNING_WINDOW_MS,
  MAX_GAPS,
  NEVER_LATE_BEFORE_MS,
  SIGHTING_MS,
  setPeriodOf,
  sightingsOf,
  usualPeriodOf,
} from "../../events/lateness.ts";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";

/** One look at the newest pulses of services, chunk by chunk. */
export interface LearningRound {
  /** Learns what an answer about some of the services, of which these are the newest pulses, needs. @throws when the store is away. */
  learnFor(newest: readonly StoredPulse[]): Promise<void>;
  /** Learns what may be learnt after the answer. After a look at all services, those that it did not see are forgotten. */
  end(sawAll: boolean): void;
}

interface Learnt {
  /** The last round that saw the service. */
  round: number;
  /** The time of the newest pulse when the period was learnt. */
  upTo: number;
  periodMs: number | undefined;
}

/** A period is learnt again when the service has gone on pulsing for so long. */
const RELEARN_AFTER_MS = 10 * 60_000;
/** Services whose period is learnt at one time while an answer waits. */
const CONCURRENCY = 16;
/** Known periods that are learnt again before an answer, at most. */
const BEFORE_AN_ANSWER = 32;
/** Periods that are learnt after an answer, one by one: the store must not feel that a process has started. */
const AFTER_AN_ANSWER = 32;
/** Enough for all sightings of a service that pulses every 15 s or less often. */
const PAGE = 2 * MAX_GAPS + 1;

/** Learns and keeps the usual period of each service. */
export class UsualPeriods {
  readonly #reader: Pick<PulseReader, "page">;
  readonly #now: () => number;
  readonly #learnt = new Map<string, Learnt>();
  #rounds = 0;
  #isLearningAfter = false;

  constructor(reader: Pick<PulseReader, "page">, now: () => number) {
    this.#reader = reader;
    this.#now = now;
  }

  /** The usual period of a service in ms; `undefined` while it is neither set nor learnt. */
  of(service: string): number | undefined {
    return setPeriodOf(service) ?? this.#learnt.get(service)?.periodMs;
  }

  beginRound(): LearningRound {
    const round = ++this.#rounds;
    const after: StoredPulse[] = [];
    let stale = 0;
    return {
      learnFor: async (newest) => {
        const before: StoredPulse[] = [];
        for (const pulse of newest) {
          const learnt = this.#learnt.get(pulse.service_name);
          if (learnt !== undefined) learnt.round = Math.max(learnt.round, round);
          const state = this.#stateOf(pulse);
          if (state === "known") continue;
          const isUrgent = this.#mayBeLate(pulse) && (state === "unknown" || ++stale <= BEFORE_AN_ANSWER);
          if (isUrgent) before.push(pulse);
          else if (after.length < AFTER_AN_ANSWER) after.push(pulse);
        }
        await this.#learnAll(before, CONCURRENCY);
      },
      end: (sawAll) => {
        this.#learnAfter(after);
        if (!sawAll) return;
        for (const [service, learnt] of this.#learnt) if (learnt.round < round) this.#learnt.delete(service);
      },
    };
  }

  #learnAfter(pulses: readonly StoredPulse[]): void {
    if (this.#isLearningAfter || pulses.length === 0) return;
    this.#isLearningAfter = true;
    // Every answer asks the store as well, and says so when the store is away.
    this.#learnAll(pulses, 1)
      .catch(() => undefined)
      .finally(() => {
        this.#isLearningAfter = false;
      });
  }

  /** Learns the period of one service from its newest pulse back, unless it is known. @throws when the store is away. */
  async learn(pulse: StoredPulse): Promise<void> {
    if (this.#stateOf(pulse) === "known") return;
    const { service_name: service, event_time: newest } = pulse;
    const from = newest - LEARNING_WINDOW_MS;
    const times: number[] = [];
    let sightings: number[] = [];
    let limit = PAGE;
    for (let to = newest + 1; from < to && sightings.length <= MAX_GAPS; ) {
      const page = await this.#reader.page(service, { from, to }, limit);
      if (!page.ok) break;
      const known = sightings.length;
      for (const { event_time: time } of page.value.pulses) times.push(time);
      sightings = sightingsOf(times);
      // Where pulses are dense a page holds one sighting, and the first pulse before the page is the next.
      if (sightings.length === known + 1) limit = 1;
      if (page.value.cursor === undefined) break;
      to = (sightings.at(-1) as number) - SIGHTING_MS + 1;
    }
    this.#learnt.set(service, { round: this.#rounds, upTo: newest, periodMs: usualPeriodOf(sightings) });
  }

  async #learnAll(pulses: readonly StoredPulse[], concurrency: number): Promise<void> {
    const limit = pLimit(concurrency);
    try {
      await limit.map(pulses, async (pulse) => {
        await this.learn(pulse);
        await nextTurn(); // A store in this process answers without a pause: let other requests in between.
      });
    } finally {
      limit.clearQueue(); // After a failure nobody waits for the rest.
    }
  }

  #mayBeLate({ event_time }: StoredPulse): boolean {
    return this.#now() - event_time > NEVER_LATE_BEFORE_MS;
  }

  /** What is known of the period of a service with this newest pulse; `stale` when it may have changed. */
  #stateOf(pulse: StoredPulse): "known" | "stale" | "unknown" {
    const { service_name: service, event_time: time } = pulse;
    if (setPeriodOf(service) !== undefined) return "known";
    const learnt = this.#learnt.get(service);
    if (learnt === undefined) return "unknown";
    if (learnt.upTo === time) return "known";
    if (learnt.periodMs === undefined && time - learnt.upTo >= SIGHTING_MS) return "unknown";
    return this.#mayBeLate(pulse) || Math.abs(time - learnt.upTo) >= RELEARN_AFTER_MS ? "stale" : "known";
  }
}
