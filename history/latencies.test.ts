import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Latencies } from "./latencies.ts";
import { EXACT_UP_TO } from "./limits.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_201 });

function latenciesOf(values: readonly number[]): Latencies {
  const latencies = new Latencies();
  for (const value of values) latencies.add(value);
  return latencies;
}

const upTo = (length: number) => Array.from({ length }, (_, i) => i + 1);

describe("percentiles", () => {
  it.each([
    [[7], 50, 7],
    [[1, 2], 50, 1],
    [[1, 2], 51, 2],
    [[3, 1, 2], 50, 2],
    [[12.5, 12.5, 12.5, 12.5, 14.1], 99, 14.1],
    [[12.5, 12.5, 12.5, 12.5, 14.1], 80, 12.5],
    [upTo(100), 95, 95],
    [upTo(100), 99, 99],
    [upTo(101), 99, 100],
    [[0, 0, 0.2 + 0.1], 99, 0.2 + 0.1],
  ])("of %o: %d % do not exceed %d", (values, percent, expected) => {
    expect(latenciesOf(values).percentile(percent)).toBe(expected);
  });

  it("are those of all latencies when others are merged, exact or not, to the bit", () => {
    const latency = fc.double({ min: 0, max: 100, noNaN: true });
    const part = fc.oneof(
      fc.array(latency, { maxLength: 20 }),
      fc.array(latency, { minLength: EXACT_UP_TO - 20, maxLength: EXACT_UP_TO + 20 }),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const whole = latenciesOf(parts.flat());
        const merged = new Latencies();
        for (const one of parts) merged.merge(latenciesOf(one));
        const figures = ({ count, min, max, mean }: Latencies) => ({ count, min, max, mean });
        expect(figures(merged)).toEqual(figures(whole));
        for (const percent of [1, 50, 95, 99, 100]) expect(merged.percentile(percent)).toBe(whole.percentile(percent));
      }),
      { numRuns: 100 },
    );
  });

  it("are nothing without latencies", () => {
    const { min, max, mean, count } = latenciesOf([]);
    expect([count, min, max, mean, latenciesOf([]).percentile(50)]).toEqual([0, ...Array(4).fill(undefined)]);
  });

  it("are the nearest rank: exact for few latencies, within 1 % for more, and in order", () => {
    const latency = fc.oneof(
      fc.constantFrom(0, 1e-9, 1, 12.5, 86_400_000),
      fc.double({ min: 0, max: 86_400_000, noNaN: true }),
      fc.double({ min: 0, max: 2, noNaN: true }),
    );
    const few = fc.array(latency, { minLength: 1, maxLength: 30 });
    // Few different latencies, each many times: around the number from which on a sketch takes them.
    const many = fc
      .tuple(few, fc.integer({ min: EXACT_UP_TO - 3, max: EXACT_UP_TO + 40 }))
      .map(([values, length]) => Array.from({ length }, (_, i) => values[(i * i) % values.length] as number));
    const percents = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.oneof(few, many), percents, (values, drawn) => {
        const sorted = values.toSorted((a, b) => a - b);
        const latencies = latenciesOf(values);
        let before = 0;
        for (const percent of drawn.toSorted((a, b) => a - b)) {
          const got = latencies.percentile(percent) as number;
          const exact = sorted.find((_, i) => 100 * (i + 1) >= percent * values.length) as number;
          const tolerance = values.length <= EXACT_UP_TO ? 0 : exact * 0.01 + 1e-6;
          expect(Math.abs(got - exact)).toBeLessThanOrEqual(tolerance);
          expect(got).toBeGreaterThanOrEqual(before);
          before = got;
        }
        expect(before).toBeLessThanOrEqual(latencies.max as number);
      }),
      { numRuns: 500 },
    );
  });
});
