import { describe, expect, it } from "vitest";
import { forTerminal } from "./terminal-text.ts";

describe("a text in a terminal", () => {
  it.each([
    ["plain – ä 漢 😀", "plain – ä 漢 😀"],
    ["\u001b[2J\u0007", "\\u001b[2J\\u0007"],
    ["\u009b31m \u007f", "\\u009b31m \\u007f"],
    ["a\u202eb\u2066c\u200bd\ufeff", "a\\u202eb\\u2066c\\u200bd\\ufeff"],
    ["a\nb\tc\r\u2028\u0085", "a\\nb\\tc\\r\\u2028\\u0085"],
    ["\ud800 \u{e0041}", "\\ud800 \\udb40\\udc41"],
  ])("has %j as %j", (text, shown) => {
    expect(forTerminal(text)).toBe(shown);
  });

  it("keeps the characters that its caller names", () => {
    expect(forTerminal("a\nb\tc\u001b", "\n\t")).toBe("a\nb\tc\\u001b");
  });
});
