import { expect, it } from "vitest";
import { hasten } from "./testing/hastened-timing.ts";
import { durationInWords, durationOf, REAL_TIME } from "./timing.ts";

it("writes durations in the largest unit that is whole", () => {
  expect([5, 60, 90, 300, 7200, 86_400].map(durationOf)).toEqual(["5s", "1m", "90s", "5m", "2h", "1d"]);
});

it("says durations in words in the same unit", () => {
  expect([1, 90, 300, 3600, 172_800].map(durationInWords)).toEqual([
    "1 second",
    "90 seconds",
    "5 minutes",
    "1 hour",
    "2 days",
  ]);
});

it("hastens windows and holds, and leaves no window below five scrapes", () => {
  const fast = hasten(20, 30);
  expect([fast.window(300), fast.window(21_600), fast.window(60)]).toEqual(["15s", "18m", "10s"]);
  expect([fast.hold(120), fast.hold(0)]).toEqual(["6s", "0s"]);
  expect([fast.seconds(60), REAL_TIME.seconds(60)]).toEqual([3, 60]);
});
