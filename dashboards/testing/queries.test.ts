import { expect, it } from "vitest";
import { withoutThresholds } from "./queries.ts";

it.each([">", "<", ">=", "<=", "==", "!="])("a comparison with %s gives numbers in place of its threshold", (sign) => {
  expect(withoutThresholds(`min by (job) (m) ${sign} 0`)).toBe(`min by (job) (m) ${sign} bool 0`);
});

it("a comparison that gives numbers, and a matcher, stay as they are", () => {
  expect(withoutThresholds('m{a!="b"} > bool 1')).toBe('m{a!="b"} > bool 1');
});
