// Which rollups answer a question, and what is left to read from the pulses: whole days, then whole hours, then whole minutes,
// then the two edges. Of the time before the retention whole days are known.
import type { Span } from "../storage/span.ts";
import { floorTo, MINUTES_KEPT_MS, TIERS, type Tier } from "../storage/tiers.ts";

/** A part of what is asked for: the span of a rollup, or without a tier one that only the pulses tell. */
export interface Slot extends Span {
  tier?: Tier;
  /** To which of the asked spans it belongs. */
  part: number;
  /** Whether some of its pulses are gone: it is known as a whole, or not at all. */
  isPast?: boolean;
}

export interface PlanOptions {
  /** Epoch ms. */
  now: number;
  /** The oldest time that is shown. */
  horizon: number;
  /** What ends at or before it may be rolled. */
  sealedUntil: number;
  /** The beginning of a day: before it, whole days are taken as they were known. */
  exactFrom: number;
}

const COARSEST_FIRST: readonly Tier[] = ["day", "hour", "minute"];

/** Splits spans into slots, oldest first, without gaps from the horizon on. Only a slot that is past reaches before the horizon. */
export function planOf(parts: readonly Span[], options: PlanOptions): Slot[] {
  const { horizon, exactFrom } = options;
  return parts.flatMap(({ from, to }, part) => {
    const past = { from: -floorTo(TIERS.day, -from), to: Math.min(floorTo(TIERS.day, to), exactFrom), part };
    const days = past.from < past.to ? cut(past, "day").map((day) => ({ ...day, isPast: true })) : [];
    return [...days, ...split({ from: Math.max(from, horizon, exactFrom), to, part }, options)];
  });
}

/** An hour that ended later is made of its minutes, which were read while it went on. Cassandra has no hint to bring by then. */
const MADE_OF_MINUTES_MS = 3 * TIERS.hour;

/** Of what a rollup is made if not of pulses: a day of its hours, an hour that has just ended of its minutes. */
export function finerOf({ tier, isPast, from, to }: Slot, now: number): Slot[] | undefined {
  if (isPast) return undefined;
  if (tier === "day") return cut({ from, to, part: 0 }, "hour");
  return tier === "hour" && to > now - MADE_OF_MINUTES_MS ? cut({ from, to, part: 0 }, "minute") : undefined;
}

/** The whole minutes of a span, one by one: no hour takes their place. */
export function minutesOf({ from, to }: Span): Span[] {
  return cut({ from, to, part: 0 }, "minute");
}

function split(slot: Slot, options: PlanOptions, tiers = COARSEST_FIRST): Slot[] {
  const [tier, ...finer] = tiers;
  if (slot.from >= slot.to) return [];
  if (tier === undefined) return [slot];
  const step = TIERS[tier];
  const oldest = tier === "minute" ? options.now - MINUTES_KEPT_MS : options.horizon;
  const from = -floorTo(step, -Math.max(slot.from, oldest));
  const to = floorTo(step, Math.min(slot.to, options.sealedUntil));
  if (from >= to) return split(slot, options, finer);
  return [
    ...split({ ...slot, to: from }, options, finer),
    ...cut({ from, to, part: slot.part }, tier),
    ...split({ ...slot, from: to }, options, finer),
  ];
}

function cut({ from, to, part }: Slot, tier: Tier): Slot[] {
  const step = TIERS[tier];
  return Array.from({ length: (to - from) / step }, (_, i) => ({
    from: from + i * step,
    to: from + (i + 1) * step,
    part,
    tier,
  }));
}

/** Groups slots that lie beside each other and for which `isSame` holds, at most `max` in a group. */
export function runsOf(slots: readonly Slot[], max: number, isSame: (a: Slot, b: Slot) => boolean): Slot[][] {
  const runs: Slot[][] = [];
  for (const slot of slots) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last?.to === slot.from && run.length < max && isSame(last, slot)) run.push(slot);
    else runs.push([slot]);
  }
  return runs;
}
