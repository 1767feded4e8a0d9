import { expect, it } from "vitest";
import { clockLag, firstArrival, type Lags, noteArrival, noteNewest, usualLag, withClock } from "./lag.ts";

const MINUTE = 60_000;

it("the usual lag is none for pulses that come at once, nor after two long waits, and at most an hour", () => {
  expect(usualLag([])).toBe(0);
  expect(usualLag([2000, 12_000, 9000, 30_000])).toBe(0);
  expect(usualLag([2000, 10 * MINUTE, 9000, 10 * MINUTE])).toBe(0);
  expect(usualLag([2000, 10 * MINUTE, 20 * MINUTE, 10 * MINUTE])).toBe(10 * MINUTE);
  expect(usualLag([600 * MINUTE, 600 * MINUTE, 600 * MINUTE])).toBe(60 * MINUTE);
});

it("arrivals are remembered, the newest few, and one before its time counts as none", () => {
  expect(Array.from({ length: 20 }).reduce<Lags>((lags, _, i) => noteArrival(lags, i - 13), [])).toEqual([
    0, 0, 1, 2, 3, 4, 5, 6,
  ]);
});

it("the usual lag of a new service is the least of its arrivals, until three came late, or one at once", () => {
  const lags = (first: number, ...others: number[]) => others.reduce<Lags>(noteArrival, firstArrival(first));
  expect(usualLag(lags(10 * MINUTE))).toBe(10 * MINUTE);
  expect(usualLag(lags(10 * MINUTE, 7 * MINUTE))).toBe(7 * MINUTE);
  expect(usualLag(lags(10 * MINUTE, 7 * MINUTE, 9 * MINUTE, 10 * MINUTE))).toBe(9 * MINUTE);
  expect(usualLag(lags(10 * MINUTE, 0))).toBe(0);
  expect(usualLag(lags(0, 10 * MINUTE))).toBe(0);
  expect(usualLag(lags(61 * MINUTE))).toBe(0);
});

it("the usual lag of one that came at once is none after a late arrival, or two", () => {
  expect(usualLag(noteArrival([], 10 * MINUTE))).toBe(0);
  expect(usualLag(noteArrival(noteArrival([], 10 * MINUTE), 10 * MINUTE))).toBe(0);
});

it("a clock is behind once three arrivals have only old pulses, until one has a young pulse", () => {
  const lags = (...all: number[]) => all.reduce<Lags>(noteNewest, []);
  expect(clockLag(lags(10 * MINUTE, 10 * MINUTE))).toBe(0);
  expect(clockLag(lags(12 * MINUTE, 10 * MINUTE, 11 * MINUTE))).toBe(10 * MINUTE);
  expect(clockLag(lags(10 * MINUTE, 10 * MINUTE, 10 * MINUTE, 2000))).toBe(0);
  expect(clockLag(lags(10 * MINUTE, 2000, 10 * MINUTE, 10 * MINUTE))).toBe(0);
});

it("a cause names the clock where it is behind, by about how much", () => {
  expect(withClock("all is well", 0)).toBe("all is well");
  expect(withClock("all is well", 20 * MINUTE - 8000)).toContain("all is well; its pulses come 20 min after");
  expect(withClock("all is well", 45_000)).toContain("come 45 s after");
});
