import { MARK, type Stored } from "./plan.ts";

interface Place {
  mark: string;
  identities: Set<string>;
}

/**
 * Marks for the inputs that are checked together. As many as can be share one, so that their pulses are read back by few
 * questions; where two have a pulse of one identity, the second gets another mark.
 */
export class Marks {
  readonly #places: Place[] = [];
  readonly #services = new Set<string>();
  readonly #newMark: () => string;

  constructor(newMark: () => string) {
    this.#newMark = newMark;
  }

  /** All services that the inputs may have pulses of. */
  get services(): string[] {
    return [...this.#services];
  }

  /** A mark for an input, and its pulses under it. */
  forPulses(planned: readonly Stored[]): { mark: string; pulses: Stored[] } {
    // A pulse without an id gets a new one.
    const identities = planned
      .filter(({ id }) => id !== undefined)
      .map(({ service_name, source, id }) => JSON.stringify([service_name, source, id]));
    let place = this.#places.find((one) => identities.every((identity) => !one.identities.has(identity)));
    if (place === undefined) {
      place = { mark: this.#newMark(), identities: new Set() };
      this.#places.push(place);
      this.#services.add(place.mark);
    }
    for (const identity of identities) place.identities.add(identity);
    const { mark } = place;
    const pulses = planned.map((pulse) => ({ ...pulse, service_name: pulse.service_name.replace(MARK, mark) }));
    for (const { service_name: service } of pulses) this.#services.add(service);
    return { mark, pulses };
  }
}
