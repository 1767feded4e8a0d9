import { describe, expect, it } from "vitest";
import { type Field, flag, httpUrl, integer, number, parsedText, quote, text, word } from "./field.ts";

const anInteger = integer({ min: 1, max: 10 });
const aNumber = number({ min: -1, max: 1000 });
const aWord = word(["sqlite", "cassandra"]);
const aPair = parsedText("two words", (value) => (/^\w+ \w+$/.test(value) ? value.split(" ") : undefined));

describe("a field", () => {
  it.each<[string, Field<unknown>, object]>([
    ["an integer from 1 to 10", anInteger, { type: "integer", minimum: 1, maximum: 10 }],
    ["a number from -1 to 1000", aNumber, { type: "number", minimum: -1, maximum: 1000 }],
    ["one of sqlite, cassandra", aWord, { type: "string", enum: ["sqlite", "cassandra"] }],
    ["a file's path", text("a file's path"), { type: "string", minLength: 1 }],
    ["true or false", flag, { type: "boolean" }],
    ["an http:// or https:// URL without a user", httpUrl, { type: "string", minLength: 1 }],
    ["two words", aPair, { type: "string", minLength: 1 }],
  ])("of %s says so to people and to machines, and has no default", (expectation, field, schema) => {
    expect(field).toMatchObject({ expectation, schema, fallback: undefined });
  });

  it.each<[Field<unknown>, string, unknown]>([
    [anInteger, "1", 1],
    [anInteger, "010", 10],
    [aNumber, "2.5", 2.5],
    [aNumber, "-1", -1],
    [aNumber, ".5e3", 500],
    [aWord, "cassandra", "cassandra"],
    [text("a path"), " a/b ", " a/b "],
    [flag, "true", true],
    [flag, "false", false],
    [httpUrl, "https://a.example/b?c", new URL("https://a.example/b?c")],
    [aPair, "a b", ["a", "b"]],
  ])("of $expectation takes %j", (field, given, value) => {
    expect(field.parse(given)).toEqual(value);
  });

  it.each<[Field<unknown>, string]>([
    [anInteger, ""],
    [anInteger, "0"],
    [anInteger, "11"],
    [anInteger, "1.5"],
    [anInteger, "1e0"],
    [anInteger, " 1"],
    [anInteger, "9".repeat(400)],
    [aNumber, ""],
    [aNumber, " "],
    [aNumber, "0x10"],
    [aNumber, "1e4"],
    [aNumber, "Infinity"],
    [aNumber, "fast"],
    [aWord, "Sqlite"],
    [aWord, "toString"],
    [text("a path"), ""],
    [flag, "yes"],
    [flag, ""],
    [httpUrl, "localhost:8080"],
    [httpUrl, "ftp://a.example"],
    [httpUrl, "https://user:hunter2@a.example/"],
    [httpUrl, "https://token@a.example/"],
    [httpUrl, "https://:hunter2@a.example/"],
    [httpUrl, "http:user:hunter2@a.example"],
    [aPair, "a"],
  ])("of $expectation refuses %j", (field, given) => {
    expect(field.parse(given)).toBeUndefined();
  });

  it.each<[Field<unknown>, unknown]>([
    [integer({ min: 1, max: 10, fallback: 5 }), 5],
    [number({ min: 1, max: 10, fallback: 0.5 }), 0.5],
    [word(["a", "b"], "b"), "b"],
    [text("a path", ".pulsemesh"), ".pulsemesh"],
  ])("of $expectation has the value it is given for an absent text", (field, value) => {
    expect(field.fallback).toBe(value);
  });
});

describe("a refused text in a message", () => {
  it.each([
    ["80a", '"80a"'],
    ["ftp://user:hunter2@broker/", '"ftp://…@broker/"'],
    ["http:user:hunter2@broker", '"http:…@broker"'],
    ["http://user:hun/ter2@x@broker/", '"http://…@broker/"'],
    ["https://broker/x?token=hunter2", '"https://broker/x?…"'],
    ["at https://broker/x?token=hunter2 or\nelsewhere?", '"at https://broker/x?…"'],
    ["https://broker/x?", '"https://broker/x?"'],
    ["is it a//b", '"is it a//b"'],
    ["9".repeat(100), `"${"9".repeat(80)}…"`],
  ])("shows %s as %s", (given, shown) => {
    expect(quote(given)).toBe(shown);
  });

  // A step that took time in proportion to the square of the length would take hours.
  it.each(["/", "a:/", "//", "?//", "a@"])("is shown at once where it is a million of %s", (part) => {
    expect(quote(part.repeat(1_000_000)).length).toBeLessThanOrEqual(83);
  });
});
