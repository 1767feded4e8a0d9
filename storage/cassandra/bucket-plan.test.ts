import { describe, expect, it } from "vitest";
import { BucketPlan } from "./bucket-plan.ts";

/** The buckets that a reader reads together, one group after the other; `answers` are the index's. */
function groupsOf(wantedRows: number, answers: number[][], rowsOf: (bucket: number) => number): number[][] {
  const plan = new BucketPlan(wantedRows);
  const groups: number[][] = [];
  for (const buckets of answers) {
    plan.add(buckets);
    for (let together = plan.next(); together.length > 0; together = plan.next()) {
      groups.push(together);
      for (const bucket of together) plan.note(rowsOf(bucket));
    }
  }
  return groups;
}

/** Buckets from `count` down to 1. */
function downFrom(count: number): number[] {
  return Array.from({ length: count }, (_, i) => count - i);
}

describe("a plan of buckets", () => {
  it.each<[string, number, number[][], (bucket: number) => number, number[][]]>([
    ["reads nothing where the index has nothing", 100, [[]], () => 0, []],
    ["begins with the newest bucket alone", 100, [[9]], () => 1, [[9]]],
    [
      "doubles its width up to 8 while buckets hold little",
      Number.POSITIVE_INFINITY,
      [downFrom(30)],
      () => 1,
      [
        [30],
        [29, 28],
        [27, 26, 25, 24],
        [23, 22, 21, 20, 19, 18, 17, 16],
        [15, 14, 13, 12, 11, 10, 9, 8],
        [7, 6, 5, 4, 3, 2, 1],
      ],
    ],
    ["doubles it for empty buckets too", 100, [downFrom(7)], () => 0, [[7], [6, 5], [4, 3, 2, 1]]],
    ["stays with one where each holds what is wanted", 100, [downFrom(3)], () => 100, [[3], [2], [1]]],
    ["reads no more than may hold what is still wanted", 100, [downFrom(7)], () => 20, [[7], [6, 5], [4, 3], [2], [1]]],
    ["rounds up to whole buckets", 100, [downFrom(4)], () => 45, [[4], [3, 2], [1]]],
    ["reads on one by one past what was wanted", 10, [downFrom(3)], () => 60, [[3], [2], [1]]],
    [
      "plans for 2,000 rows at most, however many are wanted",
      Number.POSITIVE_INFINITY,
      [downFrom(8)],
      () => 700,
      [[8], [7, 6], [5, 4, 3], [2, 1]],
    ],
    [
      "narrows when a bucket holds more than those before",
      1000,
      [downFrom(8)],
      (bucket) => (bucket > 5 ? 10 : 300),
      [[8], [7, 6], [5, 4, 3, 2], [1]],
    ],
    [
      "keeps its width over the answers of the index",
      100,
      [[9, 8, 7], [], [6, 5, 4, 3, 2]],
      () => 1,
      [[9], [8, 7], [6, 5, 4, 3], [2]],
    ],
    ["never waits for the index to fill a group", 100, [[9], [8], [7]], () => 1, [[9], [8], [7]]],
  ])("%s", (_, wantedRows, answers, rowsOf, groups) => {
    expect(groupsOf(wantedRows, answers, rowsOf)).toEqual(groups);
  });
});
