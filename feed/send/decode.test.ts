import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decode } from "./decode.ts";

const TEXT = "timestamp,value\n1,ü💓\n";

function utf16(text: string, isBigEndian: boolean): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return isBigEndian ? bytes.swap16() : bytes;
}

/** The text in chunks of a size. */
async function decoded(bytes: Buffer, chunkBytes: number): Promise<string> {
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, i) =>
    bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes),
  );
  return (await buffer(decode(Readable.from(chunks)))).toString();
}

describe("decode", () => {
  it.each<[string, Buffer]>([
    ["UTF-8", Buffer.from(TEXT)],
    ["one byte", Buffer.from("x")],
    ["nothing", Buffer.alloc(0)],
    ["UTF-16 LE", utf16(TEXT, false)],
    ["UTF-16 BE", utf16(TEXT, true)],
    ["gzip", gzipSync(TEXT)],
    ["gzip of two members", Buffer.concat([gzipSync(TEXT), gzipSync("2,3\n")])],
    ["gzip of UTF-16", gzipSync(utf16(TEXT, false))],
  ])("reads %s, however it is cut into chunks", async (name, bytes) => {
    const text = { "one byte": "x", nothing: "", "gzip of two members": `${TEXT}2,3\n` }[name] ?? TEXT;
    for (const chunkBytes of [1, 2, 3, 7, 1000]) expect(await decoded(bytes, chunkBytes)).toBe(text);
  });

  it("gives a chunk on as soon as the first two bytes are there", async () => {
    const source = new Readable({ read: () => undefined });
    const chunks = decode(source);
    source.push("a");
    source.push("b\n");
    expect((await chunks.next()).value?.toString()).toBe("ab\n");
    source.push("c");
    expect((await chunks.next()).value?.toString()).toBe("c");
    await chunks.return(undefined);
    expect(source.destroyed).toBe(true);
  });

  it.each<[string, Buffer, RegExp]>([
    [
      "gzip in gzip in gzip in gzip, as a file that holds itself",
      gzipSync(gzipSync(gzipSync(gzipSync(TEXT)))),
      /^Expected at most 3 layers of gzip, got more/,
    ],
    [
      "gzip that is cut",
      gzipSync(TEXT).subarray(0, -9),
      /^Expected a whole gzip file, got .* \(unexpected end of file\)$/,
    ],
    ["UTF-16 that is none", utf16("\ud800a", false), /^Expected text in UTF-16LE, as the byte order mark says$/],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(decoded(bytes, 1000)).rejects.toThrow(message);
  });
});
