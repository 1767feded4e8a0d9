import { describe, expect, it } from "vitest";
import { fault, kindOf, pointerTo, refuse } from "./fault.ts";

describe("kindOf", () => {
  it.each([
    [undefined, "absent"],
    [null, "null"],
    [[], "array"],
    [{}, "object"],
    ["", "string"],
    [0, "number"],
    [Number.NaN, "non-finite number"],
    [Number.POSITIVE_INFINITY, "non-finite number"],
    [false, "boolean"],
  ])("names the kind of %j", (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});

describe("pointerTo", () => {
  it.each([
    ["", [], ""],
    ["", ["a"], "/a"],
    ["/0", ["metadata", 3], "/0/metadata/3"],
    ["", ["a/b", "m~n", ""], "/a~1b/m~0n/"],
    ["", ["~1"], "/~01"],
  ])("appends to %j the path %j as RFC 6901 asks", (base, path, pointer) => {
    expect(pointerTo(base, path)).toBe(pointer);
  });
});

describe("a fault", () => {
  it("names the value's kind and never the value", () => {
    expect(fault("/token", "Expected a number", "secret")).toEqual({
      pointer: "/token",
      rule: "Expected a number",
      got: "string",
    });
  });

  it("alone makes a refusal", () => {
    expect(refuse("/a", "Expected a string", null)).toEqual({
      ok: false,
      faults: [{ pointer: "/a", rule: "Expected a string", got: "null" }],
    });
  });
});
