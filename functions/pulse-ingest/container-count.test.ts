import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasMoreContainers } from "./container-count.ts";

/** Long enough to be looked at. */
const padded = (json: string) => Buffer.from(json.padEnd(70_000));

function containersIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Object.values(value).reduce((sum: number, child) => sum + containersIn(child), 0);
}

describe("hasMoreContainers", () => {
  it("counts as a parser does, whatever stands in strings", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const count = containersIn(value);
        const body = padded(JSON.stringify(value));
        expect(hasMoreContainers(body, count)).toBe(false);
        if (count > 0) expect(hasMoreContainers(body, count - 1)).toBe(true);
      }),
    );
  });

  it("is not misled by quotes, braces and backslashes in strings, nor by a string without an end", () => {
    expect(hasMoreContainers(padded(JSON.stringify(['{"[', '\\"{', "\\\\"])), 1)).toBe(false);
    expect(hasMoreContainers(padded('["{{{{'), 1)).toBe(false);
  });

  it("does not look at small bodies", () => {
    expect(hasMoreContainers(Buffer.from("[[[[]]]]"), 1)).toBe(false);
  });
});
