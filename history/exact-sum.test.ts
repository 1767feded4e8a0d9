import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_LATENCY_MS } from "../events/pulse.ts";
import { ExactSum } from "./exact-sum.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_130 });

function sumOf(values: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum;
}

describe("an exact sum", () => {
  const values = fc.array(
    fc.oneof(
      fc.double({ min: 0, max: MAX_LATENCY_MS, noNaN: true }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      fc.constantFrom(0.1, 0.2, 0.7, 1e-9, 1 - 2 ** -53, MAX_LATENCY_MS),
    ),
    { maxLength: 200 },
  );

  it("is the same to the bit in any order and in any parts", () => {
    fc.assert(
      fc.property(values, fc.func(fc.integer()), fc.nat(200), (drawn, order, cut) => {
        const inOrder = sumOf(drawn).value;
        expect(sumOf(drawn.toSorted((a, b) => order(a) - order(b))).value).toBe(inOrder);
        const merged = sumOf(drawn.slice(cut));
        merged.merge(sumOf(drawn.slice(0, cut)));
        expect(merged.value).toBe(inOrder);
      }),
    );
  });

  it("is the sum that integers of any length give, to 2^-53 for each number", () => {
    const scale = 2n ** 100n;
    const asBigInt = (value: number) => {
      const whole = Math.floor(value);
      return BigInt(whole) * scale + BigInt(Math.round((value - whole) * 2 ** 100));
    };
    fc.assert(
      fc.property(values, (drawn) => {
        const exact = drawn.reduce((sum, value) => sum + asBigInt(value), 0n);
        const off = Number(exact - asBigInt(sumOf(drawn).value)) / 2 ** 100;
        // The second term is the rounding of the answer, which is one double.
        expect(Math.abs(off)).toBeLessThanOrEqual(drawn.length * 2 ** -53 + sumOf(drawn).value * 2 ** -52);
      }),
    );
  });
});
