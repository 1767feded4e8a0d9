import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** How a file holds its text. Its first two bytes say so. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "gzip";

export function encodingOf([first, second]: Uint8Array): Encoding {
  if (first === 0x1f && second === 0x8b) return "gzip";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

/** A file may be packed twice by mistake; one that holds itself would never end. */
const MAX_LAYERS = 3;

/** The bytes as UTF-8: unpacked where they are gzip, converted where they are UTF-16 with a byte order mark. */
export async function* decode(bytes: AsyncIterable<Buffer>, layers = MAX_LAYERS): AsyncGenerator<Buffer> {
  const source = bytes[Symbol.asyncIterator]();
  try {
    let start = Buffer.alloc(0);
    for (let next = await source.next(); !next.done; next = await source.next()) {
      start = Buffer.concat([start, next.value]);
      if (start.length >= 2) break;
    }
    const all = chunksOf(start, source);
    const encoding = encodingOf(start);
    if (encoding === "utf-8") yield* all;
    else if (encoding === "gzip") {
      if (layers === 0) throw new Error(`Expected at most ${MAX_LAYERS} layers of gzip, got more: unpack the file`);
      yield* decode(unpacked(all), layers - 1);
    } else yield* converted(all, encoding);
  } finally {
    await source.return?.();
  }
}

async function* chunksOf(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield start;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* unpacked(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  // The callback keeps an error from ending the process; the loop below gets it, too.
  const unpacking = pipeline(Readable.from(packed), createGunzip(), () => undefined);
  try {
    yield* unpacking;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`Expected a whole gzip file, got one that is cut or damaged (${message})`, { cause: error });
  }
}

async function* converted(bytes: AsyncIterable<Buffer>, encoding: "utf-16le" | "utf-16be"): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`Expected text in ${encoding.toUpperCase()}, as the byte order mark says`, { cause: error });
  }
}
