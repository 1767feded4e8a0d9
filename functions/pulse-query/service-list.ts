import { lateAfterMs } from "../../events/lateness.ts";
import { type ServiceHealth, serviceHealthOf } from "../../events/service-health.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import { latestOfOthers } from "../own-service.ts";
import { UsualPeriods } from "./usual-periods.ts";

/** A service's newest pulse, and the service's health. */
export interface JudgedService {
  pulse: StoredPulse;
  health: ServiceHealth;
  /** Set or learnt; `undefined` while neither. */
  usualPeriodMs: number | undefined;
}

/** A service, and when it is late. */
export interface ExaminedService extends JudgedService {
  /** Epoch ms after which the service is late if no pulse comes. */
  lateAt: number | undefined;
}

export interface ServiceListOptions {
  reader: Pick<PulseReader, "latest" | "page">;
  /** Epoch ms. */
  now: () => number;
}

/** Reads the services' newest pulses and judges them by `serviceHealthOf`. */
export class ServiceList {
  readonly #reader: ServiceListOptions["reader"];
  readonly #now: () => number;
  readonly #periods: UsualPeriods;
  #prepared: Promise<unknown> | undefined;

  constructor({ reader, now }: ServiceListOptions) {
    this.#reader = reader;
    this.#now = now;
    this.#periods = new UsualPeriods(reader, now);
  }

  /** Resolves when every service was judged once: later answers are quick. @throws when the store is away. */
  async prepare(): Promise<void> {
    this.#prepared ??= this.#judgeAll().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    await this.#prepared;
  }

  /** Every service, or those after a service, in the store's order: see `PulseReader.latest`. @throws when the store is away. */
  async *chunks({
    after,
    isBare = false,
  }: {
    after?: string | undefined;
    isBare?: boolean;
  } = {}): AsyncGenerator<JudgedService[]> {
    const round = this.#periods.beginRound();
    for await (const pulses of latestOfOthers(this.#reader, after, isBare)) {
      await round.learnFor(pulses);
      const now = this.#now();
      yield pulses.map((pulse) => this.#judge(pulse, now));
    }
    round.end(after === undefined);
  }

  /** One service; `undefined` when it has no pulse. */
  async one(service: string): Promise<ExaminedService | undefined> {
    const page = await this.#reader.page(service, { from: 0, to: END_OF_TIME_MS }, 1);
    const pulse = page.ok ? page.value.pulses[0] : undefined;
    if (pulse === undefined) return undefined;
    await this.#periods.learn(pulse);
    const judged = this.#judge(pulse, this.#now());
    const { usualPeriodMs } = judged;
    const lateAt = usualPeriodMs === undefined ? undefined : pulse.event_time + lateAfterMs(usualPeriodMs);
    return { ...judged, lateAt };
  }

  async #judgeAll(): Promise<void> {
    for await (const _ of this.chunks({ isBare: true }));
  }

  #judge(pulse: StoredPulse, now: number): JudgedService {
    const { service_name: service, status, event_time } = pulse;
    const usualPeriodMs = this.#periods.of(service);
    return { pulse, health: serviceHealthOf({ status, event_time, usualPeriodMs }, now), usualPeriodMs };
  }
}
