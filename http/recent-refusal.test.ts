import { expect, it } from "vitest";
import { RecentRefusal } from "./recent-refusal.ts";

it("holds why work was last refused, until work succeeds", () => {
  const refusal = new RecentRefusal();
  expect(refusal.reason).toBeUndefined();
  refusal.note("The disk is full");
  refusal.note("The store is away");
  expect(refusal.reason).toBe("The store is away");
  refusal.note(undefined);
  expect(refusal.reason).toBeUndefined();
});

it("forgets a refusal that is five minutes old", () => {
  let now = 1000;
  const refusal = new RecentRefusal(() => now);
  refusal.note("The disk is full");
  now += 5 * 60_000 - 1;
  expect(refusal.reason).toBe("The disk is full");
  now += 1;
  expect(refusal.reason).toBeUndefined();
});
