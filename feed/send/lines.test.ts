import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FilePosition, type Line, MAX_LINE_BYTES, readLines } from "./lines.ts";

// The same cases in every run, so that a failure can be repeated.
fc.configureGlobal({ seed: 20_261_124 });

async function linesOf(chunks: (string | Buffer)[], start?: FilePosition): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const some of readLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), start))
    lines.push(...some);
  return lines;
}

describe("readLines", () => {
  it("numbers lines and says where each ends, and which has no line break", async () => {
    expect(await linesOf(["a\nbc\r\n\nü"])).toEqual([
      { number: 1, text: "a", end: { line: 1, bytes: 2, crc: crc32("a\n") } },
      { number: 2, text: "bc", end: { line: 2, bytes: 6, crc: crc32("a\nbc\r\n") } },
      { number: 3, text: "", end: { line: 3, bytes: 7, crc: crc32("a\nbc\r\n\n") } },
      { number: 4, text: "ü", end: { line: 4, bytes: 9, crc: crc32("a\nbc\r\n\nü") }, isOpen: true },
    ]);
  });

  it("goes on counting from where it starts", async () => {
    expect(await linesOf(["x\n"], { line: 7, bytes: 100, crc: crc32("before") })).toEqual([
      { number: 8, text: "x", end: { line: 8, bytes: 102, crc: crc32("beforex\n") } },
    ]);
  });

  it("drops a byte order mark at the very beginning only", async () => {
    expect((await linesOf(["\ufeffa\n\ufeffb"])).map((line) => line.text)).toEqual(["a", "\ufeffb"]);
  });

  it("refuses a line that is not UTF-8 and keeps its neighbours", async () => {
    const lines = await linesOf([Buffer.from([0x61, 10, 0xff, 10, 0x62, 10])]);
    expect(lines.map((line) => line.text ?? line.fault)).toEqual(["a", "Expected text in UTF-8", "b"]);
  });

  it("refuses a line that is too long and keeps its neighbours and positions", async () => {
    const long = "x".repeat(MAX_LINE_BYTES / 2);
    const lines = await linesOf(["a\n", long, long, "x\nb\n", long, long, "\n"]);
    expect(lines.map((line) => line.text?.length ?? line.fault)).toEqual([
      1,
      `Expected a line of at most ${MAX_LINE_BYTES} bytes`,
      1,
      MAX_LINE_BYTES,
    ]);
    const all = `a\n${long}${long}x\nb\n${long}${long}\n`;
    expect(lines.at(-1)?.end).toEqual({ line: 4, bytes: all.length, crc: crc32(all) });
  });

  it("gives the same lines however the bytes are cut into chunks", async () => {
    const text = fc
      .array(fc.constantFrom("a", "ü", "💓", "\n", "\r", ","), { maxLength: 60 })
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(80), { maxLength: 6 }), async (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        const lines = await linesOf(chunks);
        expect(lines).toEqual(await linesOf([bytes]));
        const expected = whole.endsWith("\n") ? whole.slice(0, -1) : whole;
        expect(lines.map((line) => line.text)).toEqual(
          whole === "" ? [] : expected.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)),
        );
        expect(lines.at(-1)?.end.bytes ?? 0).toBe(bytes.length);
      }),
    );
  });
});
