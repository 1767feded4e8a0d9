import { expect, it } from "vitest";
import { loneValues, longestJoin } from "./browser/gaps.ts";

it("a curve joins gaps of up to three times its median gap", () => {
  expect(longestJoin([])).toBe(3);
  expect(longestJoin([1, null, null, null, null, 2])).toBe(15);
  expect(longestJoin([1, null, 2, null, 3, null, null, null, 4])).toBe(6);
});

it.each([
  ["the only value", [null, 7, null], [1]],
  ["none of a curve", [1, 2, 3], []],
  [
    "one that is far from the others, on either side",
    [9, null, null, null, 1, 1, 1, 1, 1, null, null, null, 9],
    [0, 12],
  ],
  ["none of two that are joined", [1, null, null, 1], []],
  ["nothing of no values", [null, null], []],
] as const)("stands alone: %s", (_, values, places) => {
  expect(loneValues(values)).toEqual(places);
});
