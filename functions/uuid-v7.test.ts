import { expect, it } from "vitest";
import { uuidV7 } from "./uuid-v7.ts";

it("is a UUID of version 7 that holds the time in milliseconds and never repeats", () => {
  const before = Date.now();
  const ids = Array.from({ length: 10_000 }, uuidV7);
  const after = Date.now();
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = Number.parseInt(id.replace("-", "").slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(after);
  }
});
