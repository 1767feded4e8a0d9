import { setTimeout as delay } from "node:timers/promises";
import type { PulseReader } from "../storage/ports.ts";
import { floorTo, TIERS } from "../storage/tiers.ts";
import type { History } from "./history.ts";
import { LEAST_PULSES } from "./limits.ts";

export interface RecentMinutesOptions {
  history: Pick<History, "rollMinutes" | "sealedUntil">;
  reader: Pick<PulseReader, "names">;
  now: () => number;
  signal: AbortSignal;
  /** How long to rest after each piece of work, as a multiple of what it took. */
  rest: number;
}

/** The wall shows as much of each service. */
const SHOWN_MS = TIERS.hour;
/** What tells whether a service pulses often, before the newest minute that may be rolled. */
const LOOK_MS = 5 * TIERS.minute;
/** A service that pulses seldom is looked at again after one pass, two, four, and at last so many. */
const MOST_PASSED_OVER = 32;

/** What is known of a service. */
interface Known {
  /** Epoch ms: its minutes are rolled up until here. */
  until: number;
  /** How many passes go by without a look at it. */
  left: number;
  /** How many did the last time. */
  passedOver: number;
}

/**
 * Keeps the minutes of the last hour rolled up, of services with many pulses a minute: so a wall of them never reads their pulses.
 * The newest minutes of every service come first. Services with few pulses have no rollups of minutes, and are hardly looked at.
 */
export class RecentMinutes {
  readonly #options: RecentMinutesOptions;
  #known = new Map<string, Known>();

  constructor(options: RecentMinutesOptions) {
    this.#options = options;
  }

  /** One pass over all services. @throws once the signal aborts @throws {StoreError} */
  async roll(): Promise<void> {
    const { history, reader, now } = this.#options;
    const shownFrom = floorTo(TIERS.minute, now()) - SHOWN_MS;
    const lookFrom = (await history.sealedUntil()) - LOOK_MS;
    const known = new Map<string, Known>();
    const behind: string[] = [];
    for await (const names of reader.names()) {
      for (const service of names) {
        const before = this.#known.get(service) ?? { until: 0, left: 0, passedOver: 0 };
        if (before.left > 0) {
          known.set(service, { ...before, left: before.left - 1 });
          continue;
        }
        const from = Math.max(before.until, lookFrom);
        const { until, isOften } = await this.#rollFrom(service, from);
        const passedOver = isOften ? 0 : Math.min(MOST_PASSED_OVER, 2 * before.passedOver || 1);
        known.set(service, { until: isOften ? until : before.until, left: passedOver, passedOver });
        if (isOften && before.until < from) behind.push(service);
      }
    }
    // Services that are gone are forgotten.
    this.#known = known;
    for (const service of behind) await this.#rollFrom(service, shownFrom);
  }

  async #rollFrom(service: string, from: number): Promise<{ until: number; isOften: boolean }> {
    const { history, signal, rest } = this.#options;
    const startedAt = performance.now();
    const { until, pulses } = await history.rollMinutes(service, from, { signal });
    await delay(rest * (performance.now() - startedAt), undefined, { signal });
    return { until, isOften: pulses * TIERS.minute >= LEAST_PULSES * (until - from) };
  }
}
