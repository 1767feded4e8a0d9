import { expect, it } from "vitest";
import { parseDuration } from "./duration.ts";

it.each([
  ["PT0.2S", 200],
  ["PT0,2S", 200],
  ["PT0.25S", 200],
  ["PT0.05S", 0],
  ["PT1.1S", 1100],
  ["PT4.35S", 4300],
  ["PT0.5M", 30_000],
  ["P1W", 604_800_000],
  ["P1DT2H3M4S", 93_784_000],
  ["P1M", undefined],
  ["PT", undefined],
  ["P", undefined],
  ["", undefined],
  ["30s", undefined],
  ["-PT1S", undefined],
])("the duration %j has %s ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
