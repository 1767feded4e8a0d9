import { describe, expect, it } from "vitest";
import { integer, text, word } from "../settings/field.ts";
import { helpOf, option, readOptions, switchOption, UsageError } from "./command-line.ts";

const options = {
  tokenFile: option("FILE", text("a file's path"), "Holds the token."),
  batch: option("N", integer({ min: 1, max: 10, fallback: 5 }), "The most pulses in a request:"),
  format: option("csv|ndjson", word(["csv", "ndjson"]), "The format."),
  dryRun: switchOption("Sends nothing."),
};

describe("a command line", () => {
  it.each([
    [[], { tokenFile: undefined, batch: 5, format: undefined, dryRun: false }],
    [
      ["--token-file", "a", "--batch=7", "--format", "csv", "--dry-run"],
      { tokenFile: "a", batch: 7, format: "csv", dryRun: true },
    ],
    [["--batch", "7", "--help"], undefined],
    [["--help", "--batch", "many"], undefined],
  ])("%j is read by its options", (args, values) => {
    expect(readOptions(args, options)).toEqual(values);
  });

  it.each([
    [["--batch", "11"], 'Expected --batch to be an integer from 1 to 10, got "11"'],
    [["--batch", ""], 'Expected --batch to be an integer from 1 to 10, got ""'],
    [["--token-file="], 'Expected --token-file to be a file\'s path, got ""'],
    [["--format", "ftp://me:hunter2@a"], 'Expected --format to be one of csv, ndjson, got "ftp://…@a"'],
    [["--dry-run=yes"], "Option '--dry-run' does not take an argument. See --help."],
    [["--tokenFile", "a"], "Unknown option '--tokenFile'. See --help."],
    [["file.csv"], /^Unexpected argument 'file\.csv'.* See --help\.$/],
  ])("%j is refused", (args, message) => {
    expect(() => readOptions(args, options)).toThrow(message);
    expect(() => readOptions(args, options)).toThrow(UsageError);
  });
});

describe("a help text", () => {
  it("has each option with its value, what it may be, and its default", () => {
    expect(helpOf(options).split("\n")).toEqual([
      "  --token-file FILE      Holds the token.",
      "  --batch N              The most pulses in a request: an integer from 1 to 10. Default: 5.",
      "  --format csv|ndjson    The format.",
      "  --dry-run              Sends nothing.",
    ]);
  });

  it("breaks a long text between words", () => {
    const lines = helpOf({ long: switchOption("word ".repeat(60).trim()) }).split("\n");
    expect(lines.length).toBe(4);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
    expect(lines[1]).toMatch(/^ {25}word /);
    expect(lines.join(" ").match(/word/g)).toHaveLength(60);
  });
});
