import { expect, it } from "vitest";
import { behindMs } from "./progress.ts";

it("1 kB a second keeps up, and less falls behind from the moment at which it last kept up", () => {
  const mark = { markedAt: 0, markedBytes: 0 };
  expect(behindMs(mark, 1000, 1024)).toBe(0);
  expect(behindMs(mark, 2000, 2047)).toBe(1000);
  expect(behindMs(mark, 5000, 2047)).toBe(4000);
});

it("who catches up keeps up again", () => {
  const mark = { markedAt: 0, markedBytes: 0 };
  expect(behindMs(mark, 3000, 1)).toBe(3000);
  expect(behindMs(mark, 4000, 4096)).toBe(0);
  expect(behindMs(mark, 4500, 4096)).toBe(500);
});
