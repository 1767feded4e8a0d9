import { END_OF_TIME_MS } from "../../events/time.ts";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";

/** The newest pulses of a service that a window holds, by number and by their length as JSON. */
export const MAX_WINDOW = 500;
const MAX_WINDOW_CHARACTERS = 256 * 1024;
const EVERYTHING: Span = { from: 0, to: END_OF_TIME_MS };
/** A reading begins with a page of so many pulses, and ends with a page of which all are known. */
const FIRST_PAGE = 50;
const PAGE = 100;
/** Every so many readings, one reads the whole window: a pulse that came late may be anywhere in it. */
const WHOLE_EVERY = 10;

/** A pulse, and its place in the order in which pulses were seen: 1 for the first. */
export interface SeenPulse {
  pulse: StoredPulse;
  order: number;
}

/** The time of pulses that a window has missed, in epoch ms: without `from`, all up to `to`. */
export type Gap = Partial<Span> & Pick<Span, "to">;

/** What the store had. */
interface Reading {
  /** Newest first. */
  pulses: readonly StoredPulse[];
  /** Whether the service may have older pulses. */
  isCut: boolean;
}

/** The newest pulses of a service, and in which order they were seen. */
export class PulseWindow {
  readonly #reader: Pick<PulseReader, "page">;
  readonly #service: string;
  /** Newest first. */
  #pulses: readonly StoredPulse[] = [];
  /** By key. */
  #orders: ReadonlyMap<string, number> = new Map();
  #isCut = false;
  #readings = 0;
  #lastOrder = 0;

  constructor(reader: Pick<PulseReader, "page">, service: string) {
    this.#reader = reader;
    this.#service = service;
  }

  /** Epoch ms of the newest pulse; 0 without one. */
  get newestTime(): number {
    return this.#pulses[0]?.event_time ?? 0;
  }

  /** Epoch ms from which on the window holds every pulse, except one that came late; 0 for all time. */
  get edge(): number {
    return this.#isCut ? (this.#pulses.at(-1)?.event_time ?? 0) : 0;
  }

  /** The order of the pulse that was seen last; 0 without one. */
  get lastOrder(): number {
    return this.#lastOrder;
  }

  /** The newest pulses, oldest first. */
  newest(count: number): SeenPulse[] {
    return this.#seen(this.#pulses.slice(0, count));
  }

  /** The pulses since a moment (epoch ms), in their order. */
  since(time: number): SeenPulse[] {
    return this.after(0).filter(({ pulse }) => pulse.event_time >= time);
  }

  /** The pulses that were seen after the one with this order, in their order. */
  after(order: number): SeenPulse[] {
    return this.#seen(this.#pulses)
      .filter((one) => one.order > order)
      .sort((a, b) => a.order - b.order);
  }

  /** What the window may not hold of the time since a moment (epoch ms). */
  gapSince(time: number): Gap | undefined {
    const oldest = this.#pulses.at(-1)?.event_time;
    if (oldest === undefined || !this.#isCut || time > oldest) return undefined;
    return { ...(time > 0 && { from: time }), to: oldest + 1 };
  }

  /** What the window does not hold of the pulses that came after the one with this order, when this was the edge. */
  gapAfter(order: number, edge: number): Gap | undefined {
    if (this.after(order).length >= this.#lastOrder - order) return undefined;
    return this.gapSince(Math.min(edge, this.edge));
  }

  /** Reads the store. The window changes when it takes what was read. */
  async read(): Promise<Reading> {
    const isWhole = this.#readings++ % WHOLE_EVERY === 0;
    const pulses: StoredPulse[] = [];
    let limit = isWhole ? PAGE : FIRST_PAGE;
    let cursor: string | undefined;
    do {
      const page = await this.#reader.page(this.#service, EVERYTHING, limit, cursor);
      if (!page.ok) break;
      pulses.push(...page.value.pulses);
      // One pulse that is known says little: instances send at different times, and clocks differ.
      if (!isWhole && page.value.pulses.length > 0 && page.value.pulses.every((pulse) => this.#knows(pulse))) {
        // From here on the window has what the store has, except what came late.
        const rest = this.#pulses.slice(placeOf(pulses.at(-1), this.#pulses) + 1);
        return { pulses: [...pulses, ...rest], isCut: this.#isCut };
      }
      cursor = page.value.cursor;
      limit = PAGE;
      // Goes on past the window: the pulses there tell whether it misses some.
    } while (cursor !== undefined && fitting(pulses).length === pulses.length);
    return { pulses, isCut: cursor !== undefined };
  }

  /** Takes over what was read, and gives the pulses that are new, oldest first. Pulses that are missed take an order, too. */
  take({ pulses, isCut }: Reading): SeenPulse[] {
    const before = this.#orders;
    const fresh: SeenPulse[] = [];
    const orders = new Map<string, number>();
    const fit = fitting(pulses);
    // What lies below the window's last edge was not in it before, and came late if it is new.
    const edge = this.#isCut ? placeOf(this.#pulses.at(-1), pulses) : -1;
    const unheld = pulses.slice(fit.length, edge === -1 ? pulses.length : edge);
    if (!unheld.every((pulse) => this.#knows(pulse))) this.#lastOrder++;
    this.#pulses = fit;
    this.#isCut = isCut || fit.length < pulses.length;
    for (const pulse of fit.toReversed()) {
      const key = keyOf(pulse);
      const known = before.get(key);
      const order = known ?? ++this.#lastOrder;
      orders.set(key, order);
      if (known === undefined) fresh.push({ pulse, order });
    }
    this.#orders = orders;
    return fresh;
  }

  #knows(pulse: StoredPulse): boolean {
    return this.#orders.has(keyOf(pulse));
  }

  /** These of its pulses with their orders, oldest first. */
  #seen(newestFirst: readonly StoredPulse[]): SeenPulse[] {
    return newestFirst.map((pulse) => ({ pulse, order: this.#orders.get(keyOf(pulse)) as number })).reverse();
  }
}

function keyOf({ source, id }: StoredPulse): string {
  return JSON.stringify([source, id]);
}

/** The place of a pulse among others; -1 where it is not there. */
function placeOf(pulse: StoredPulse | undefined, pulses: readonly StoredPulse[]): number {
  return pulses.findIndex(({ id, source }) => id === pulse?.id && source === pulse.source);
}

/** As many of the pulses, from the first on, as a window holds. */
function fitting(pulses: readonly StoredPulse[]): readonly StoredPulse[] {
  let characters = 0;
  for (let i = 0; i < Math.min(pulses.length, MAX_WINDOW); i++) {
    characters += JSON.stringify(pulses[i]).length;
    if (characters > MAX_WINDOW_CHARACTERS && i > 0) return pulses.slice(0, i);
  }
  return pulses.slice(0, MAX_WINDOW);
}
