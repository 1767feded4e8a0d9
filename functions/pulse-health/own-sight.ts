import { OWN_SERVICE } from "../../events/own-service.ts";
import { BLIND_AFTER_MS, ownPulseTimes } from "../../health/blindness.ts";
import { CELL_MS } from "../../health/cell.ts";
import { PulseTimes } from "../../health/pulse-times.ts";
import type { Marks, PulseReader, RollupStore } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";
import { floorTo, TIERS } from "../../storage/tiers.ts";

/** So long after its newest own pulse, PulseMesh sees for sure: the next one is due, and on its way. */
const SEES_FOR_MS = 2 * CELL_MS;
/** What waited while PulseMesh was away is judged once all of it has come, and after so long at the latest. */
const CATCHES_UP_FOR_MS = 10 * TIERS.minute;

export interface Sight {
  /** When PulseMesh itself stored nothing, in order. */
  blind: Span[];
  /** From when on (epoch ms) that is not as it was at the last look; that a gap goes on or ends is no change of it. */
  changedFrom: number | undefined;
  /** Epoch ms: until when it is known whether PulseMesh saw. */
  knownUntil: number;
  /** Whether pulses that waited somewhere are on their way: what is judged meanwhile would change again and again. */
  isCatchingUp: boolean;
}

export interface OwnSightOptions {
  reader: Pick<PulseReader, "measures">;
  rollups: Pick<RollupStore, "marks">;
  retentionMs: number;
}

/** Knows when PulseMesh's own pulse was missing. */
export class OwnSight {
  readonly #options: OwnSightOptions;
  readonly #times = new PulseTimes();
  /** Epoch ms: what comes of before it leaves a mark. */
  #settledUntil = Number.NEGATIVE_INFINITY;
  #marks: Marks = new Map();
  /** Epoch ms. */
  #lookedAt: number | undefined;
  #resumedAt = Number.NEGATIVE_INFINITY;
  #catchingUpSince: number | undefined;
  #blind: Span[] = [];

  constructor(options: OwnSightOptions) {
    this.#options = options;
  }

  /** Looks at what has come by now (epoch ms) of the time until another. @throws {StoreError} */
  async look(now: number, until: number, sealedUntil: number): Promise<Sight> {
    const horizon = until - this.#options.retentionMs;
    const came: number[] = [];
    for (const span of await this.#spansToRead(until, sealedUntil, horizon)) {
      came.push(...this.#times.replace(span, await ownPulseTimes(this.#options.reader, span)));
    }
    this.#times.forgetBefore(horizon);
    this.#settledUntil = sealedUntil;
    const isCatchingUp = this.#isCatchingUp(now, until, came);
    // A gap that leaves the retention is no change of what is within it.
    const former = after(this.#blind, horizon);
    this.#blind = after(this.#times.gaps(until, BLIND_AFTER_MS), horizon);
    return {
      blind: this.#blind,
      changedFrom: changedFrom(former, this.#blind),
      knownUntil: this.#knownUntil(until),
      isCatchingUp,
    };
  }

  #isCatchingUp(now: number, until: number, came: readonly number[]): boolean {
    const lookedAt = this.#lookedAt;
    this.#lookedAt = now;
    // The store was away: what waited for it has yet to come.
    if (lookedAt !== undefined && now - lookedAt > BLIND_AFTER_MS) this.#resumedAt = now;
    const isResuming = now - this.#resumedAt <= BLIND_AFTER_MS && until - (this.#times.newest ?? until) > SEES_FOR_MS;
    const areLate = lookedAt !== undefined && came.some((time) => time < lookedAt - SEES_FOR_MS);
    if (!isResuming && !areLate) {
      this.#catchingUpSince = undefined;
      return false;
    }
    this.#catchingUpSince ??= now;
    return now - this.#catchingUpSince < CATCHES_UP_FOR_MS;
  }

  /** In order of time. The marks are read before the pulses that they are for. */
  async #spansToRead(until: number, sealedUntil: number, horizon: number): Promise<Span[]> {
    const isFirst = this.#settledUntil < horizon;
    const newest = { from: isFirst ? horizon : this.#settledUntil, to: until };
    const former = this.#marks;
    this.#marks = await this.#options.rollups.marks(OWN_SERVICE, { from: horizon, to: sealedUntil });
    if (isFirst) return [newest];
    const late = [...this.#marks].filter(([hour, mark]) => former.get(hour) !== mark).map(([hour]) => hour);
    const hours = late
      .sort((a, b) => a - b)
      .map((hour) => ({ from: Math.max(hour, horizon), to: Math.min(hour + TIERS.hour, newest.from) }));
    return [...hours.filter(({ from, to }) => from < to), newest];
  }

  #knownUntil(until: number): number {
    const { newest } = this.#times;
    if (newest === undefined || until - newest > BLIND_AFTER_MS) return until;
    return Math.min(until, floorTo(CELL_MS, newest + SEES_FOR_MS));
  }
}

/** What of spans lies after a time. */
function after(spans: readonly Span[], time: number): Span[] {
  return spans.filter(({ to }) => to > time).map(({ from, to }) => ({ from: Math.max(from, time), to }));
}

function changedFrom(former: readonly Span[], present: readonly Span[]): number | undefined {
  for (let i = 0; ; i++) {
    const [one, other] = [former[i], present[i]];
    if (one === undefined && other === undefined) return undefined;
    if (one === undefined || other === undefined) return (one ?? other)?.from;
    const goesOn = i === former.length - 1 && one.to <= other.to;
    if (one.from !== other.from) return Math.min(one.from, other.from);
    if (one.to !== other.to && !goesOn) return one.from;
  }
}
