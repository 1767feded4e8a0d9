import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LARGEST, Sketch, SMALLEST } from "./sketch.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_130 });

/** Values over the whole range, many of them close together or at an end of it. */
const value = fc.oneof(
  fc.double({ min: Math.log(SMALLEST), max: Math.log(LARGEST), noNaN: true }).map((power) => Math.exp(power)),
  fc.double({ min: 0.9, max: 1.1, noNaN: true }),
  fc.constantFrom(0, SMALLEST / 2, SMALLEST, 1, LARGEST),
);
const values = fc.array(value, { minLength: 1, maxLength: 300 });

function sketchOf(some: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const one of some) sketch.add(one);
  return sketch;
}

describe("a sketch", () => {
  it("has the value at each place within 1 %", () => {
    fc.assert(
      fc.property(values, (drawn) => {
        const sketch = sketchOf(drawn);
        drawn
          .toSorted((a, b) => a - b)
          .forEach((exact, place) => {
            const got = sketch.valueAt(place);
            if (exact < SMALLEST) expect(got).toBe(0);
            else expect(Math.abs(got - exact)).toBeLessThanOrEqual(exact * 0.01);
          });
      }),
      { numRuns: 300 },
    );
  });

  it("that is merged of any parts in any order is that of all values", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 9 }), fc.func(fc.integer()), (drawn, parts, order) => {
        const whole = sketchOf(drawn);
        const merged = new Sketch();
        const split = Array.from({ length: parts }, (_, part) => drawn.filter((_, i) => i % parts === part));
        for (const part of split.toSorted((a, b) => order(a) - order(b))) merged.merge(sketchOf(part));
        drawn.forEach((_, place) => {
          expect(merged.valueAt(place)).toBe(whole.valueAt(place));
        });
      }),
      { numRuns: 100 },
    );
  });

  it("has no value at a place beyond its values", () => {
    expect(() => sketchOf([1, 2]).valueAt(2)).toThrow("Expected a place below 2, got 2");
  });
});
