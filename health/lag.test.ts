import { expect, it } from "vitest";
import { type Lags, noteArrival, usualLag } from "./lag.ts";

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
