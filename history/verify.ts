import { seenOf } from "../storage/marks.ts";
import type { KeptRollup, PulseReader, RollupStore } from "../storage/ports.ts";
import type { Span } from "../storage/span.ts";
import { floorTo, MINUTES_KEPT_MS, TIERS, type Tier } from "../storage/tiers.ts";
import { History } from "./history.ts";
import { isFrozen, Rollup } from "./rollup.ts";

/** A rollup that would be taken for an answer, and says something else than its pulses. */
export interface Difference {
  tier: Tier;
  start: number;
  /** How many pulses it tells of. */
  kept: number;
  /** How many there are. */
  found: number;
}

export interface Verified {
  /** Rollups that were compared. */
  compared: number;
  differences: Difference[];
}

interface VerifyOptions {
  reader: Pick<PulseReader, "measures">;
  rollups: RollupStore;
  retentionMs: number;
  now: () => number;
}

/** Compares the rollups of a service within the retention with its pulses, which may be written to meanwhile. @throws {StoreError} */
export async function verifyService(service: string, options: VerifyOptions): Promise<Verified> {
  const { rollups, retentionMs } = options;
  // All see one moment: the edge of the retention moves.
  const at = options.now();
  const sealedUntil = await rollups.sealedUntil();
  const whole = { from: -floorTo(TIERS.hour, -(at - retentionMs)), to: floorTo(TIERS.hour, sealedUntil) };
  const newest = { from: Math.max(whole.from, -floorTo(TIERS.hour, MINUTES_KEPT_MS - at)), to: whole.to };
  const tiers: Record<Tier, [span: Span, partMs: number]> = {
    minute: [newest, TIERS.minute],
    hour: [whole, TIERS.hour],
    day: [whole, TIERS.day],
  };
  let compared = 0;
  const differences: Difference[] = [];
  for (const [tier, [span, partMs]] of Object.entries(tiers) as [Tier, [Span, number]][]) {
    if (span.from >= span.to) continue;
    const before = await rollups.marks(service, span);
    const kept = (await rollups.list(service, tier, span)).filter(
      (one) => one.seen === seenOf(before, spanOf(tier, one.start)) && isFrozen(one.value),
    );
    const made = await remake(service, tier, { span, partMs, at, sealedUntil, options });
    const after = await rollups.marks(service, span);
    for (const { start, value, seen } of kept) {
      // Pulses came while the others were read: the rollup is out of date by now, and known to be.
      if (seen !== seenOf(after, spanOf(tier, start))) continue;
      compared++;
      const remade = made.get(start);
      if (remade !== undefined && Buffer.compare(remade, value) === 0) continue;
      differences.push({ tier, start, kept: countOf(value), found: remade === undefined ? 0 : countOf(remade) });
    }
  }
  return { compared, differences };
}

/** What would be kept today if nothing was kept yet. */
async function remake(
  service: string,
  tier: Tier,
  asked: { span: Span; partMs: number; at: number; sealedUntil: number; options: VerifyOptions },
): Promise<Map<number, Uint8Array>> {
  const { span, partMs, at, sealedUntil, options } = asked;
  const made = new Map<number, Uint8Array>();
  const nothingKept: RollupStore = {
    sealedUntil: async () => sealedUntil,
    marks: async () => new Map(),
    list: async () => [],
    keep: async (_, of, some: readonly KeptRollup[]) => {
      if (of === tier) for (const { start, value } of some) made.set(start, value);
      return true;
    },
  };
  const history = new History({ ...options, rollups: nothingKept, leastPulses: 1, now: () => at });
  const parts: Span[] = [];
  for (let from = span.from; from < span.to; ) {
    const to = Math.min(span.to, floorTo(partMs, from) + partMs);
    parts.push({ from, to });
    from = to;
  }
  await history.read(service, parts);
  return made;
}

function spanOf(tier: Tier, start: number): Span {
  return { from: start, to: start + TIERS[tier] };
}

function countOf(value: Uint8Array): number {
  const rollup = new Rollup();
  rollup.addFrozen(value);
  return rollup.count;
}
