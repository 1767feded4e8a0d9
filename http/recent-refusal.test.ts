import { expect, it } from "vitest";
import { RecentRefusal } from "./recent-refusal.ts";

it("holds why work was last refused, until work as large succeeds", () => {
  const refusal = new RecentRefusal();
  expect(refusal.reason).toBeUndefined();
  refusal.note("The disk is full", 100);
  refusal.note("The store is away", 10);
  expect(refusal.reason).toBe("The store is away");
  refusal.note(undefined, 99);
  expect(refusal.reason).toBe("The store is away");
  refusal.note(undefined, 100);
  expect(refusal.reason).toBeUndefined();
});

it("forgets a refusal that is five minutes old, and after a minute where smaller work has succeeded", () => {
  let now = 1000;
  const refusal = new RecentRefusal(() => now);
  refusal.note("The disk is full", 100);
  now += 5 * 60_000 - 1;
  expect(refusal.reason).toBe("The disk is full");
  now += 1;
  expect(refusal.reason).toBeUndefined();
  refusal.note("The disk is full", 10);
  refusal.note(undefined, 9);
  now += 60_000 - 1;
  expect(refusal.reason).toBe("The disk is full");
  now += 1;
  expect(refusal.reason).toBeUndefined();
});
