import type { CloudEvent } from "../events/cloud-event.ts";
import { BoundedMap } from "../storage/bounded-map.ts";

/** Events that a busy broker delivers in some minutes: redeliveries come within 3½. They take a few MB. */
const MAX_REMEMBERED = 20_000;

/**
 * What the deliveries of one event have in common: its identity, with the service that it may name, and its arrival at the broker.
 * A sender's repetition is accepted again and arrives again, so it is another delivery. `undefined` where no broker has noted
 * an arrival.
 */
export function deliveryOf({ source, id, subject, extensions }: CloudEvent): string | undefined {
  const { knativearrivaltime } = extensions;
  return knativearrivaltime === undefined ? undefined : `${knativearrivaltime} ${source} ${id} ${subject ?? ""}`;
}

/**
 * Tells an event's first delivery from those that follow because its answer was lost or came late. A broker delivers at
 * least once: the store keeps one row, and the metrics must count it once.
 */
export class Deliveries {
  readonly #known: BoundedMap<true>;

  constructor(maxRemembered = MAX_REMEMBERED) {
    this.#known = new BoundedMap(maxRemembered);
  }

  /** Whether this delivery comes here for the first time. */
  isFirst(delivery: string | undefined): boolean {
    if (delivery === undefined) return true;
    if (this.#known.get(delivery)) return false;
    this.#known.set(delivery, true);
    return true;
  }
}
