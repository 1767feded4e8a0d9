// The services that pulse-ingest knows: those in the store, as pulse-persist lists them, and those that it has let in since.
// A new name needs a place; when there is none, old names go on.
import type { Pulse } from "../../events/pulse.ts";
import type { Grant } from "../tokens/token-file.ts";

/** How many services there may be. */
export interface ServiceBounds {
  maxServices: number;
  /** For those that a token is for, where it is not for all. */
  maxServicesPerToken: number;
}

/** Who sends, by its token. */
export type Sender = Pick<Grant, "covers" | "coversAll">;

/** The names that a request brings and nobody knew, or why it may not bring them. */
export type NewServices =
  | { kind: "let-in"; names: Iterable<string> }
  | { kind: "too-many"; name: string; bound: number };

const NOTHING_NEW: NewServices = { kind: "let-in", names: [] };
/** How long a name keeps its place before the store has it: the store may be away, and its pulses wait at the broker. */
const FRESH_MS = 24 * 3_600_000;
/** While all names are known, those that others let in may come late. */
const LEARN_EVERY_MS = 10 * 60_000;
/** For so long after a new name the store's names are asked for often. Who is refused comes again within it (intake.ts). */
const UNSETTLED_MS = 2 * 60_000;

export class KnownServices {
  readonly #bounds: ServiceBounds;
  readonly #now: () => number;
  #learnt: ReadonlySet<string> = new Set();
  /** Names that were let in and are not in the store yet, with the time. */
  readonly #fresh = new Map<string, number>();
  /** How many of the known names a sender may name; counted when it brings a new one. */
  #counts = new WeakMap<Sender, number>();
  #learntAt = Number.NEGATIVE_INFINITY;
  /** When a new name came last, whether it was let in or not. */
  #newAt = Number.NEGATIVE_INFINITY;

  constructor(bounds: ServiceBounds, now: () => number = Date.now) {
    this.#bounds = bounds;
    this.#now = now;
  }

  get size(): number {
    return this.#learnt.size + this.#fresh.size;
  }

  /**
   * Whether to ask for the store's names: while there is no room, or a new name came lately, a service that is removed must be
   * missed soon, be it one that was let in just before.
   */
  get isDue(): boolean {
    const now = this.#now();
    if (this.size >= this.#bounds.maxServices || now - this.#newAt < UNSETTLED_MS) return true;
    return now - this.#learntAt >= LEARN_EVERY_MS;
  }

  /** Takes the names that the store has. */
  learn(names: ReadonlySet<string>): void {
    this.#learnt = names;
    this.#learntAt = this.#now();
    this.#counts = new WeakMap();
    const oldest = this.#now() - FRESH_MS;
    for (const [name, since] of this.#fresh) if (since < oldest || names.has(name)) this.#fresh.delete(name);
  }

  /** Gives each new name of a request a place, or none of them. */
  letIn(pulses: readonly Pulse[], sender: Sender | undefined): NewServices {
    let names: Set<string> | undefined;
    let last: string | undefined;
    for (const { service_name: name } of pulses) {
      if (name === last) continue;
      last = name;
      if (!this.#learnt.has(name) && !this.#fresh.has(name)) names = (names ?? new Set()).add(name);
    }
    if (names === undefined) return NOTHING_NEW;
    this.#newAt = this.#now();
    const { maxServices, maxServicesPerToken } = this.#bounds;
    const [name] = names as Set<string> & [string];
    if (this.size + names.size > maxServices) return { kind: "too-many", name, bound: maxServices };
    if (sender === undefined || sender.coversAll) this.#counts = new WeakMap();
    else {
      const count = this.#countOf(sender) + names.size;
      if (count > maxServicesPerToken) return { kind: "too-many", name, bound: maxServicesPerToken };
      this.#counts = new WeakMap([[sender, count]]);
    }
    for (const one of names) this.#fresh.set(one, this.#now());
    return { kind: "let-in", names };
  }

  /** Takes the places back of names whose pulses nobody took. */
  turnOut(names: Iterable<string>): void {
    for (const name of names) if (this.#fresh.delete(name)) this.#counts = new WeakMap();
  }

  #countOf(sender: Sender): number {
    let count = this.#counts.get(sender);
    if (count !== undefined) return count;
    count = 0;
    for (const name of this.#learnt) if (sender.covers(name)) count++;
    for (const name of this.#fresh.keys()) if (sender.covers(name)) count++;
    // Kept also for a sender that is refused: it may ask again and again.
    this.#counts.set(sender, count);
    return count;
  }
}
