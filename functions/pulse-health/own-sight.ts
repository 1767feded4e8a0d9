import { OWN_SERVICE } from "../../events/own-service.ts";
import { CELL_MS } from "../../health/cell.ts";
import type { PulseReader, Span } from "../../storage/ports.ts";
import { floorTo, TIERS } from "../../storage/tiers.ts";

/** A keeper pulses once in a cell. What is missing for longer than it takes to start another one was not seen. */
export const BLIND_AFTER_MS = 40_000;
/** As often as pulses of the last while are looked at again: they may have come late. */
const LOOK_AGAIN_MS = TIERS.hour;

export interface Sight {
  /** When PulseMesh itself stored nothing, in order. */
  blind: Span[];
  /** From when on (epoch ms) that is not as it was at the last look; that a gap goes on or ends is no change of it. */
  changedFrom: number | undefined;
}

/** Knows when PulseMesh's own pulse was missing. */
export class OwnSight {
  readonly #options: { reader: Pick<PulseReader, "measures">; retentionMs: number };
  /** Epoch ms, in order. */
  #times: number[] = [];
  #readUntil = Number.NEGATIVE_INFINITY;
  #blind: Span[] = [];

  constructor(options: { reader: Pick<PulseReader, "measures">; retentionMs: number }) {
    this.#options = options;
  }

  /** @throws {StoreError} */
  async look(until: number, sealedUntil: number): Promise<Sight> {
    const { retentionMs } = this.#options;
    const horizon = until - retentionMs;
    const isWhole =
      this.#readUntil < horizon || floorTo(LOOK_AGAIN_MS, until) !== floorTo(LOOK_AGAIN_MS, this.#readUntil);
    const from = isWhole ? horizon : Math.min(this.#readUntil, sealedUntil) - 2 * TIERS.minute;
    const read = await this.#read({ from, to: until });
    this.#times = [...this.#times.filter((time) => time < from && time >= horizon), ...read];
    this.#readUntil = until;
    const former = this.#blind;
    this.#blind = gapsIn(this.#times, until);
    return { blind: this.#blind, changedFrom: changedFrom(former, this.#blind) };
  }

  async #read(span: Span): Promise<number[]> {
    const times: number[] = [];
    for await (const chunk of this.#options.reader.measures(OWN_SERVICE, span)) {
      for (const [time] of chunk) {
        // One in a cell is enough: several keepers may pulse.
        const last = times.at(-1);
        if (last === undefined || floorTo(CELL_MS, last) !== floorTo(CELL_MS, time)) times.push(time);
      }
    }
    return times.reverse();
  }
}

/** What lies between pulses that are too far apart; before the first one nothing is known. */
function gapsIn(times: readonly number[], until: number): Span[] {
  const gaps: Span[] = [];
  for (const [i, from] of times.entries()) {
    const to = times[i + 1] ?? until;
    if (to - from > BLIND_AFTER_MS) gaps.push({ from, to });
  }
  return gaps;
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
