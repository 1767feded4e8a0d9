import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeExactHeader, decodeHeader, encodeHeader, singleValue } from "./header-value.ts";

// A fixed seed: each run has the same cases.
fc.configureGlobal({ seed: 20_261_124 });

describe("a header that a request repeats", () => {
  it.each<[string, string | string[], string[], string | undefined]>([
    ["has its only value", "a", ["X", "a"], "a"],
    ["may hold a comma", "a, b", ["X", "a, b"], "a, b"],
    ["with equal values has the one", "a, a", ["X", "a", "Y", "b", "x", "a"], "a"],
    ["with different values has none", "a, b", ["X", "a", "x", "b"], undefined],
    ["with an empty value and another has none", "a, ", ["X", "a", "x", ""], undefined],
    ["has its joined values where the raw headers are unknown", "a, a", [], "a, a"],
    ["may come as a list of equal values", ["a", "a"], [], "a"],
    ["may not come as a list of different values", ["a", "b"], [], undefined],
  ])("%s", (_, value, rawHeaders, expected) => {
    expect(singleValue("x", value, rawHeaders)).toBe(expected);
  });
});

describe("text in a header", () => {
  const unicode = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });

  it("comes back the same, also with the stricter reading of identities", () => {
    fc.assert(
      fc.property(unicode, (text) => {
        const header = encodeHeader(text);
        expect([decodeHeader(header), decodeExactHeader(header)]).toEqual([text, text]);
      }),
    );
  });

  it("that is part of an identity never becomes that of another header, written in the same way", () => {
    const raw = fc.stringMatching(/^(?:[a-c/]|%(?:2F|61|41|7E))*$/);
    fc.assert(
      fc.property(raw, raw, (one, other) => {
        expect(decodeExactHeader(one) === decodeExactHeader(other)).toBe(one === other);
      }),
    );
  });
});
