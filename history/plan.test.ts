import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MINUTES_KEPT_MS, TIERS, type Tier } from "../storage/tiers.ts";
import { planOf, runsOf, type Slot } from "./plan.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_205 });

const { minute: MINUTE, hour: HOUR, day: DAY } = TIERS;
const TODAY = Date.UTC(2026, 10, 30);
const at = { now: TODAY + 12 * HOUR, horizon: TODAY - 30 * DAY, sealedUntil: TODAY + 12 * HOUR - MINUTE, exactFrom: 0 };

/** A plan in words, such as "raw 5000, 3 hour". */
function wordsOf(slots: readonly Slot[]): string {
  return runsOf(slots, Number.POSITIVE_INFINITY, (a, b) => a.tier === b.tier)
    .map((run) => {
      const [{ from, to, tier }] = run as [Slot];
      return tier === undefined ? `raw ${to - from}` : `${run.length} ${tier}`;
    })
    .join(", ");
}

describe("a plan", () => {
  it.each([
    ["whole hours", TODAY + HOUR, TODAY + 4 * HOUR, "3 hour"],
    ["whole days", TODAY - 3 * DAY, TODAY, "3 day"],
    ["days with hours at both ends", TODAY - 3 * DAY - HOUR, TODAY + 2 * HOUR, "1 hour, 3 day, 2 hour"],
    ["two edges", TODAY + HOUR - 5, TODAY + 2 * HOUR + MINUTE + 5, "raw 5, 1 hour, 1 minute, raw 5"],
    ["less than a minute", TODAY + 1, TODAY + 2, "raw 1"],
    ["nothing", TODAY, TODAY, ""],
    ["the present, of which a minute is not sealed", TODAY + 10 * HOUR, at.now + 5, "1 hour, 59 minute, raw 60005"],
    ["the future", at.now, at.now + DAY, `raw ${DAY}`],
    ["an old hour without minutes", TODAY - 5 * DAY + 1, TODAY - 5 * DAY + 2 * HOUR, `raw ${HOUR - 1}, 1 hour`],
    ["what begins before the retention", 0, at.horizon + HOUR, "1 hour"],
    ["what ends before the retention", 0, at.horizon, ""],
  ])("has for %s", (_, from, to, expected) => {
    expect(wordsOf(planOf([{ from, to }], at))).toBe(expected);
  });

  it("reads the hour at the edge of the retention from its pulses", () => {
    const horizon = at.horizon + 10 * MINUTE;
    const slots = planOf([{ from: 0, to: at.horizon + 2 * HOUR }], { ...at, horizon });
    expect(wordsOf(slots)).toBe(`raw ${50 * MINUTE}, 1 hour`);
  });

  it("reads everything from the pulses while nothing is sealed", () => {
    const slots = planOf([{ from: TODAY - DAY, to: TODAY }], { ...at, sealedUntil: Number.NEGATIVE_INFINITY });
    expect(wordsOf(slots)).toBe(`raw ${DAY}`);
  });

  it("takes days before the retention as they were known, also the one whose pulses expire", () => {
    const options = { ...at, horizon: at.horizon + HOUR, exactFrom: at.horizon + DAY };
    const slots = planOf([{ from: at.horizon - 2 * DAY, to: at.horizon + 2 * DAY + HOUR }], options);
    expect(wordsOf(slots)).toBe("4 day, 1 hour");
    expect(slots.map(({ isPast = false }) => isPast)).toEqual([true, true, true, false, false]);
    expect(wordsOf(planOf([{ from: at.horizon - HOUR, to: at.horizon + DAY / 2 }], options))).toBe("");
  });

  it("covers any spans without a gap, with whole rollups that are sealed, within the retention and new enough", () => {
    const time = fc.oneof(
      fc.integer({ min: at.horizon - DAY, max: at.now + DAY }),
      fc.integer({ min: -31 * 24, max: 36 }).map((hours) => TODAY + hours * HOUR),
    );
    const offset = fc.constantFrom(0, 0, 1, 7 * MINUTE, 90 * MINUTE);
    fc.assert(
      fc.property(fc.uniqueArray(time, { minLength: 2, maxLength: 8 }), offset, (times, move) => {
        const edges = times.toSorted((a, b) => a - b);
        const parts = edges.slice(1).map((to, i) => ({ from: edges[i] as number, to }));
        const options = {
          now: at.now + move,
          horizon: at.horizon + move,
          sealedUntil: at.sealedUntil - move,
          exactFrom: 0,
        };
        const slots = planOf(parts, options);
        let next = Math.max(edges[0] as number, options.horizon);
        for (const { from, to, tier, part } of slots) {
          expect(from).toBe(next);
          next = to;
          expect(from).toBeGreaterThanOrEqual((parts[part] as { from: number }).from);
          expect(to).toBeLessThanOrEqual((parts[part] as { to: number }).to);
          if (tier === undefined) continue;
          expect([from % TIERS[tier as Tier], to - from]).toEqual([0, TIERS[tier as Tier]]);
          expect(to).toBeLessThanOrEqual(options.sealedUntil);
          if (tier === "minute") expect(from).toBeGreaterThanOrEqual(options.now - MINUTES_KEPT_MS);
        }
        expect(next).toBe(Math.max(options.horizon, edges.at(-1) as number));
      }),
    );
  });
});
