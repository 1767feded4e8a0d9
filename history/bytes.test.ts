import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "./bytes.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_203 });

const value = fc.oneof(
  fc.record({ kind: fc.constant("whole" as const), of: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("whole" as const), of: fc.constantFrom(0, 127, 128, 2 ** 32, 2 ** 53) }),
  fc.record({ kind: fc.constant("double" as const), of: fc.double({ noNaN: true }) }),
  fc.record({ kind: fc.constant("text" as const), of: fc.string({ unit: "grapheme", maxLength: 200 }) }),
);

describe("bytes", () => {
  it("give back what was written, wherever they lie", () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 100 }), (values) => {
        const to = new ByteWriter();
        for (const one of values) {
          if (one.kind === "text") to.text(one.of);
          else to[one.kind](one.of);
        }
        const bytes = to.finish();
        const within = new Uint8Array(bytes.length + 3);
        within.set(bytes, 3);
        const from = new ByteReader(within.subarray(3));
        expect(values.map(({ kind }) => from[kind]())).toEqual(values.map(({ of }) => of));
      }),
    );
  });

  it("take one byte for a number below 128", () => {
    const to = new ByteWriter();
    for (const small of [0, 1, 127, 128]) to.whole(small);
    expect([...to.finish()]).toEqual([0, 1, 127, 128, 1]);
  });

  it.each([
    ["a number", (from: ByteReader) => from.whole()],
    ["a text", (from: ByteReader) => from.text()],
    ["a double", (from: ByteReader) => from.double()],
  ])("that end too early are refused: %s", (_, read) => {
    expect(() => read(new ByteReader(Uint8Array.of(0x85)))).toThrow(RangeError);
    expect(() => read(new ByteReader(Uint8Array.of()))).toThrow(RangeError);
  });
});
