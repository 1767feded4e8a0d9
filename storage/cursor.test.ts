import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

// The same cases in every run: what fails once fails for everybody.
fc.configureGlobal({ seed: 20_261_124 });

const SHAPE = ["number", "string"] as const;

it("gives any position back, through text that is safe in a URL", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.string({ unit: "binary" }), (time, id) => {
      const cursor = encodeCursor(SHAPE, [time, id]);
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decodeCursor(SHAPE, cursor)).toEqual({ ok: true, value: [time + 0, id] });
    }),
  );
});

it.each([
  ["another shape", encodeCursor(["string", "string"], ["1", "a"])],
  ["too few parts", encodeCursor(["number"], [1])],
  ["too many parts", encodeCursor(["number", "string", "string"], [1, "a", "b"])],
  ["a number that is not whole", encodeCursor(SHAPE, [1.5, "a"])],
  ["JSON of another kind", Buffer.from('{"length":2}').toString("base64url")],
  ["no JSON", Buffer.from("[1,").toString("base64url")],
  ["padded base64", Buffer.from('[1,"ab"]').toString("base64")],
  ["no text at all", ""],
])("refuses %s", (_, cursor) => {
  expect(decodeCursor(SHAPE, cursor)).toEqual({
    ok: false,
    faults: [{ pointer: "/cursor", rule: "Expected the cursor of the page before, unchanged", got: "string" }],
  });
});

it("takes only what it would have made, so that a cursor has one form", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const position = decodeCursor(SHAPE, text);
      if (position.ok) expect(encodeCursor(SHAPE, position.value)).toBe(text);
    }),
  );
});
