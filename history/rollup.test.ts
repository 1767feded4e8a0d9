import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_LATENCY_MS } from "../events/pulse.ts";
import { EXACT_IN_ROLLUP, EXACT_UP_TO } from "./limits.ts";
import { isFrozen, Rollup } from "./rollup.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_204 });

type One = readonly [latency: number, status: string];
const one: fc.Arbitrary<One> = fc.tuple(
  fc.oneof(fc.double({ min: 0, max: MAX_LATENCY_MS, noNaN: true }), fc.double({ min: 0, max: 50, noNaN: true })),
  fc.constantFrom("ok", "slow", "503", "strange", "Ärger"),
);
const some = fc.oneof(
  fc.array(one, { maxLength: EXACT_IN_ROLLUP + 3 }),
  fc.array(one, { minLength: EXACT_UP_TO - 3, maxLength: EXACT_UP_TO + 10 }),
);

function rollupOf(pulses: readonly One[]): Rollup {
  const rollup = new Rollup();
  for (const [latency, status] of pulses) rollup.add(latency, status);
  return rollup;
}

function factsOf({ figures: { health, latencies }, statuses }: Rollup) {
  const { count, min, max, mean } = latencies;
  return { health, statuses: statuses.list(), count, min, max, mean };
}

describe("a rollup", () => {
  it("is the same bytes for the same pulses, in any order", () => {
    fc.assert(
      fc.property(some, fc.func(fc.integer()), (pulses, order) => {
        const shuffled = pulses.toSorted((a, b) => order(a) - order(b));
        expect(rollupOf(shuffled).freeze()).toEqual(rollupOf(pulses).freeze());
      }),
      { numRuns: 25 },
    );
  });

  it("that is made of frozen ones is that of all their pulses: exact figures, the same bytes", () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 4 }), (parts) => {
        const whole = rollupOf(parts.flat());
        const sum = new Rollup();
        for (const part of parts) {
          const frozen = rollupOf(part).freeze();
          expect(isFrozen(frozen)).toBe(true);
          sum.addFrozen(frozen);
        }
        expect(factsOf(sum)).toEqual(factsOf(whole));
        expect(sum.freeze()).toEqual(whole.freeze());
      }),
      { numRuns: 25 },
    );
  });

  it("has exact percentiles of few pulses, and within 1 % of many", () => {
    fc.assert(
      fc.property(some, (pulses) => {
        const thawed = new Rollup();
        thawed.addFrozen(rollupOf(pulses).freeze());
        const sorted = pulses.map(([latency]) => latency).sort((a, b) => a - b);
        for (const percent of [50, 95, 99]) {
          const exact = sorted[Math.ceil((percent * sorted.length) / 100) - 1];
          const got = thawed.figures.latencies.percentile(percent);
          if (exact === undefined || pulses.length <= EXACT_IN_ROLLUP) expect(got).toBe(exact);
          else expect(Math.abs((got as number) - exact)).toBeLessThanOrEqual(exact * 0.01 + 1e-6);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("of an hour with two pulses a second takes some hundred bytes", () => {
    const pulses = Array.from({ length: 7200 }, (_, i): One => [20 * Math.exp(3 * Math.sin(i)), "ok"]);
    expect(rollupOf(pulses).freeze().length).toBeLessThan(900);
  });

  it("of another format, or by other rules of health, is no frozen one", () => {
    const frozen = rollupOf([[1, "ok"]]).freeze();
    for (const changed of [0, 1])
      expect(isFrozen(frozen.map((byte, i) => (i === changed ? byte ^ 1 : byte)))).toBe(false);
    expect(isFrozen(new Uint8Array())).toBe(false);
  });
});
