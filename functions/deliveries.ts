import type { CloudEvent } from "../events/cloud-event.ts";
import { BoundedMap } from "../storage/bounded-map.ts";

/** Events delivered in some minutes of a busy broker: redeliveries come within 3½. A few MB. */
const MAX_REMEMBERED = 20_000;

/**
 * What an event's deliveries have in common: its identity and its arrival at the broker, so that a sender's repetition,
 * which is accepted again, is another one. `undefined` where no broker has noted an arrival.
 */
export function deliveryOf({ source, id, extensions: { knativearrivaltime } }: CloudEvent): string | undefined {
  return knativearrivaltime === undefined ? undefined : `${knativearrivaltime} ${source} ${id}`;
}

/**
 * Tells an event's first delivery from those that follow because its answer was lost or came late. A broker promises "at
 * least once": what is stored stays one row, and what is counted is to be counted once.
 */
export class Deliveries {
  readonly #known: BoundedMap<true>;

  constructor(maxRemembered = MAX_REMEMBERED) {
    this.#known = new BoundedMap(maxRemembered);
  }

  /** Whether this one was not asked for here before. */
  isFirst(delivery: string | undefined): boolean {
    if (delivery === undefined) return true;
    if (this.#known.get(delivery)) return false;
    this.#known.set(delivery, true);
    return true;
  }
}
