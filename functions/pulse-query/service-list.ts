import { OWN_SERVICE } from "../../events/own-service.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import type { ServicesSettings } from "../../health/service-settings.ts";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import { latestOfOthers } from "../own-service.ts";
import type { HealthNow, Judgement, Judgements } from "./health-now.ts";

/** A service's newest pulse, and how the service is. */
export interface JudgedService extends Judgement {
  pulse: StoredPulse;
  isInMaintenance: boolean;
}

export interface ServiceListOptions {
  reader: Pick<PulseReader, "latest" | "page">;
  health: Pick<HealthNow, "read">;
  settings: () => ServicesSettings;
  /** Epoch ms. */
  now: () => number;
}

/** Reads the services' newest pulses, and shows each with what pulse-health says of it. @throws {StoreError} in all its methods */
export class ServiceList {
  readonly #options: ServiceListOptions;

  constructor(options: ServiceListOptions) {
    this.#options = options;
  }

  /** Every service that is not retired, or those after a service, in the store's order: see `PulseReader.latest`. */
  async *chunks({
    after,
    isBare = false,
  }: {
    after?: string | undefined;
    isBare?: boolean;
  } = {}): AsyncGenerator<JudgedService[]> {
    const { reader, health, settings } = this.#options;
    const judgements = await health.read();
    for await (const pulses of latestOfOthers(reader, after, isBare)) {
      const shown = pulses.filter(({ service_name: service }) => !settings().of(service).isRetired);
      if (shown.length > 0) yield this.#judge(shown, judgements);
    }
  }

  /** One service, also where it is retired; `undefined` when it has no pulse. */
  async one(service: string): Promise<JudgedService | undefined> {
    const [pulse, judgements] = await Promise.all([this.#newestOf(service), this.#options.health.read()]);
    return pulse && this.#judge([pulse], judgements)[0];
  }

  /** Whether a service has pulsed within the retention. */
  async has(service: string): Promise<boolean> {
    return (await this.#newestOf(service)) !== undefined;
  }

  /** Epoch ms: until when services are judged; `null` while none ever was. */
  async judgedUntil(): Promise<number | null> {
    return (await this.#options.health.read()).judgedUntil;
  }

  /** Epoch ms of PulseMesh's own newest pulse; `undefined` where it never pulsed. */
  async ownPulseAt(): Promise<number | undefined> {
    return (await this.#newestOf(OWN_SERVICE))?.event_time;
  }

  async #newestOf(service: string): Promise<StoredPulse | undefined> {
    const page = await this.#options.reader.page(service, { from: 0, to: END_OF_TIME_MS }, 1);
    return page.ok ? page.value.pulses[0] : undefined;
  }

  #judge(pulses: readonly StoredPulse[], judgements: Judgements): JudgedService[] {
    const now = this.#options.now();
    const settings = this.#options.settings();
    return pulses.map((pulse) => {
      const { health, since, confirmedAt, cause } = judgements.of(pulse, now);
      const isInMaintenance = settings.of(pulse.service_name).isInMaintenance(now);
      return { pulse, health, since, confirmedAt, cause, isInMaintenance };
    });
  }
}
