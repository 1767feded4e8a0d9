import { describe, expect, it } from "vitest";
import { normal, pick, randomOf } from "./random.ts";

function draws(count: number, random: () => number): number[] {
  return Array.from({ length: count }, random);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("randomOf", () => {
  it("gives the same numbers for the same keys and others for others", () => {
    const first = draws(5, randomOf(1, 2, 3));
    expect(draws(5, randomOf(1, 2, 3))).toEqual(first);
    for (const keys of [
      [1, 2, 4],
      [1, 3, 2],
      [2, 2, 3],
      [1, 2, 3 + 2 ** 32],
      [1, 2],
      [-1, 2, 3],
    ]) {
      expect(draws(5, randomOf(...keys))).not.toEqual(first);
    }
  });

  it("spreads evenly over [0, 1), also the first numbers of keys in a row", () => {
    const firsts = Array.from({ length: 20_000 }, (_, i) => randomOf(7, 1, i)());
    for (const values of [firsts, draws(20_000, randomOf(7))]) {
      const counts = Array(10).fill(0);
      for (const value of values) counts[Math.floor(value * 10)]++;
      expect(counts).toHaveLength(10);
      for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(250);
    }
  });
});

describe("normal", () => {
  it("has mean 0 and deviation 1", () => {
    const random = randomOf(1);
    const values = draws(20_000, () => normal(random));
    expect(mean(values)).toBeCloseTo(0, 1);
    expect(mean(values.map((value) => value * value))).toBeCloseTo(1, 1);
  });
});

describe("pick", () => {
  it("takes each word by its weight", () => {
    const random = randomOf(1);
    const words = Array.from({ length: 10_000 }, () => pick(random, { a: 7, b: 3, never: 0 }));
    expect(words.filter((word) => word === "a").length / 10_000).toBeCloseTo(0.7, 1);
    expect(words).not.toContain("never");
    expect(pick(() => 1, { a: 1, b: 1 })).toBe("b");
  });
});
