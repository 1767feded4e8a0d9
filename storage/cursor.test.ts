import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END_OF_TIME_MS } from "../events/time.ts";
import { cutPage, type DeadLetterCursor, decodeCursor, encodeCursor } from "./cursor.ts";

// The same cases in every run: a failure can be repeated anywhere.
fc.configureGlobal({ seed: 20_261_124 });

const decode = (text: string) => decodeCursor<DeadLetterCursor>(text, 2);

it("gives any place back, through text that is safe in a URL", () => {
  const time = fc.integer({ min: -END_OF_TIME_MS, max: END_OF_TIME_MS });
  fc.assert(
    fc.property(time, fc.string({ unit: "binary" }), (time, id) => {
      const cursor = encodeCursor([time, id]);
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decode(cursor)).toEqual({ ok: true, value: [time + 0, id] });
    }),
  );
});

it.each([
  ["another shape", Buffer.from('["1","a"]').toString("base64url")],
  ["too few parts", encodeCursor([1])],
  ["too many parts", encodeCursor([1, "a", "b"])],
  ["a number that is not whole", encodeCursor([1.5, "a"])],
  ["a time that no Date can hold", encodeCursor([END_OF_TIME_MS + 1, "a"])],
  ["JSON of another kind", Buffer.from('{"length":2}').toString("base64url")],
  ["no JSON", Buffer.from("[1,").toString("base64url")],
  ["padded base64", Buffer.from('[1,"ab"]').toString("base64")],
  ["no text at all", ""],
])("refuses %s", (_, cursor) => {
  expect(decode(cursor)).toEqual({
    ok: false,
    faults: [{ pointer: "/cursor", rule: "Expected the cursor of the page before, unchanged", got: "string" }],
  });
});

it("takes only what it would have made, so that a cursor has one form", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const cursor = decode(text);
      if (cursor.ok && cursor.value !== undefined) expect(encodeCursor(cursor.value)).toBe(text);
    }),
  );
});

describe("cutting a page", () => {
  it.each([
    ["nothing", [], 2, [], undefined],
    ["less than a page", [1], 2, [1], undefined],
    ["just a page", [1, 2], 2, [1, 2], undefined],
    ["one more", [1, 2, 3], 2, [1, 2], 2],
    ["many more", [1, 2, 3, 4, 5], 2, [1, 2], 2],
    ["a page without rows", [1], 0, [], undefined],
  ])("of %s", (_, rows: number[], limit, kept, last) => {
    const { cursor } = cutPage(rows, limit, (row) => [row, "a"]);
    expect(rows).toEqual(kept);
    expect(cursor).toBe(last === undefined ? undefined : encodeCursor([last, "a"]));
  });
});
