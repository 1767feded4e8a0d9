// The services as they are at this moment: their newest pulses, judged by `serviceHealthOf`. The usual period that this
// takes is learnt as events/lateness.ts says, which costs some reads for each service. An answer waits for that only where
// a service has been silent for so long that it may be late: if nothing was ever learnt of it, or for a few that have pulsed
// since. All others are learnt behind the answers, and anew when time has passed, so that a fleet that goes silent at
// once is known well enough by then, and exactly some answers later.
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  LEARNING_WINDOW_MS,
  lateAfterMs,
  MAX_GAPS,
  NEVER_LATE_BEFORE_MS,
  SIGHTING_MS,
  setPeriodOf,
  sightingsOf,
  usualPeriodOf,
} from "../../events/lateness.ts";
import { type ServiceHealth, serviceHealthOf } from "../../events/service-health.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";

/** A service's newest pulse, and how the service is. */
export interface JudgedService {
  pulse: StoredPulse;
  health: ServiceHealth;
}

/** The same, with what is known of its rhythm. */
export interface ExaminedService extends JudgedService {
  usualPeriodMs: number | undefined;
  /** Epoch ms after which it is late if no pulse comes. */
  lateAt: number | undefined;
}

export interface ServiceListOptions {
  reader: Pick<PulseReader, "latest" | "page">;
  /** Epoch ms. */
  now: () => number;
}

interface Learnt {
  /** The newest pulse's time when it was learnt. */
  upTo: number;
  periodMs: number | undefined;
}

/** Of a service that pulses, a period is taken for usual for so long before it is learnt anew. */
const RELEARN_AFTER_MS = 10 * 60_000;
/** Services that are learnt at one time while an answer waits. */
const CONCURRENCY = 16;
/** Services that are learnt anew before an answer, at most. */
const BEFORE_AN_ANSWER = 32;
/** Services that are learnt behind an answer, one after the other: a store is not to feel that a process has started. */
const BEHIND_AN_ANSWER = 32;
/** Enough for all sightings of a service that pulses every 15 s or more seldom. */
const PAGE = 2 * MAX_GAPS + 1;

/** Reads and judges services. */
export class ServiceList {
  readonly #reader: ServiceListOptions["reader"];
  readonly #now: () => number;
  #learnt = new Map<string, Learnt>();
  #prepared: Promise<unknown> | undefined;
  #isLearningBehind = false;

  constructor({ reader, now }: ServiceListOptions) {
    this.#reader = reader;
    this.#now = now;
  }

  /** Resolves when every service was judged once: the answers after that are quick. @throws when the store is away. */
  async prepare(): Promise<void> {
    this.#prepared ??= this.latest().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    await this.#prepared;
  }

  /** Every service, sorted by its name. */
  async latest(): Promise<JudgedService[]> {
    const pulses = await this.#reader.latest();
    const silent = pulses.filter((pulse) => this.#mayBeLate(pulse));
    const unknown = silent.filter((pulse) => this.#isUnknown(pulse));
    const stale = silent.filter((pulse) => !this.#isUnknown(pulse) && this.#isStale(pulse));
    await this.#learnAll([...unknown, ...stale.slice(0, BEFORE_AN_ANSWER)], CONCURRENCY);
    this.#learnBehind(pulses.filter((pulse) => this.#isUnknown(pulse) || this.#isStale(pulse)));
    const known = this.#learnt;
    if (known.size > pulses.length) {
      this.#learnt = new Map();
      for (const { service_name: service } of pulses) {
        const learnt = known.get(service);
        if (learnt !== undefined) this.#learnt.set(service, learnt);
      }
    }
    const now = this.#now();
    return pulses.map((pulse) => ({ pulse, health: this.#judge(pulse, now) }));
  }

  /** One service; `undefined` when it has no pulse. */
  async one(service: string): Promise<ExaminedService | undefined> {
    const page = await this.#reader.page(service, { from: 0, to: END_OF_TIME_MS }, 1);
    const pulse = page.ok ? page.value.pulses[0] : undefined;
    if (pulse === undefined) return undefined;
    if (this.#isUnknown(pulse) || this.#isStale(pulse)) await this.#learn(pulse);
    const usualPeriodMs = this.#periodOf(service);
    return {
      pulse,
      health: this.#judge(pulse, this.#now()),
      usualPeriodMs,
      lateAt: usualPeriodMs === undefined ? undefined : pulse.event_time + lateAfterMs(usualPeriodMs),
    };
  }

  #judge({ service_name, status, event_time }: StoredPulse, now: number): ServiceHealth {
    return serviceHealthOf({ status, event_time, usualPeriodMs: this.#periodOf(service_name) }, now);
  }

  #periodOf(service: string): number | undefined {
    return setPeriodOf(service) ?? this.#learnt.get(service)?.periodMs;
  }

  #mayBeLate({ event_time }: StoredPulse): boolean {
    return this.#now() - event_time > NEVER_LATE_BEFORE_MS;
  }

  /** Whether nothing can be said of a service's period, though it may have one. */
  #isUnknown({ service_name, event_time }: StoredPulse): boolean {
    if (setPeriodOf(service_name) !== undefined) return false;
    const learnt = this.#learnt.get(service_name);
    return learnt === undefined || (learnt.periodMs === undefined && event_time - learnt.upTo >= SIGHTING_MS);
  }

  /** Whether its period may be another by now. */
  #isStale(pulse: StoredPulse): boolean {
    const learnt = this.#learnt.get(pulse.service_name);
    if (learnt === undefined || learnt.upTo === pulse.event_time) return false;
    return this.#mayBeLate(pulse) || Math.abs(pulse.event_time - learnt.upTo) >= RELEARN_AFTER_MS;
  }

  async #learnAll(pulses: StoredPulse[], concurrency: number): Promise<void> {
    const learn = async () => {
      for (let pulse = pulses.pop(); pulse !== undefined; pulse = pulses.pop()) {
        await this.#learn(pulse);
        // A store in this process answers without a pause: other requests are let in between.
        if (pulses.length % concurrency === 0) await nextTurn();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, learn));
  }

  #learnBehind(pulses: StoredPulse[]): void {
    if (this.#isLearningBehind || pulses.length === 0) return;
    this.#isLearningBehind = true;
    // A store that does not answer is noticed, and told of, by those who ask.
    this.#learnAll(pulses.slice(0, BEHIND_AN_ANSWER), 1)
      .catch(() => undefined)
      .finally(() => {
        this.#isLearningBehind = false;
      });
  }

  // From the newest pulse back. Where pulses are dense a page is one sighting, and the next is the first pulse before it.
  async #learn({ service_name: service, event_time: newest }: StoredPulse): Promise<void> {
    const from = newest - LEARNING_WINDOW_MS;
    const times: number[] = [];
    let sightings: number[] = [];
    let limit = PAGE;
    for (let to = newest + 1; from < to && sightings.length <= MAX_GAPS; ) {
      const page = await this.#reader.page(service, { from, to }, limit);
      if (!page.ok) break;
      const known = sightings.length;
      for (const pulse of page.value.pulses) times.push(pulse.event_time);
      sightings = sightingsOf(times);
      if (sightings.length === known + 1) limit = 1;
      if (page.value.cursor === undefined) break;
      to = (sightings.at(-1) as number) - SIGHTING_MS + 1;
    }
    this.#learnt.set(service, { upTo: newest, periodMs: usualPeriodOf(sightings) });
  }
}
