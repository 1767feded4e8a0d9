import { constants, gunzipSync, type ZlibOptions, type ZstdOptions, zstdDecompressSync } from "node:zlib";
import { quote } from "../settings/field.ts";
import { problem } from "./problem.ts";
import type { HttpReply } from "./route.ts";

/** @throws with a code where the body is not what its encoding says, or has more than `maxOutputLength` bytes unpacked */
type Unpack = (body: Buffer, maxOutputLength: number) => Buffer | HttpReply;

/** RFC 8878, 3.1.1.1.2: a decoder takes windows up to 8 MiB. zstd itself would take 128 MiB of memory where a frame asks for it. */
const ZSTD_WINDOW_LOG = 23;
/** Each frame takes a new decoder, however little it holds: 0.2 ms on a busy machine. */
const MAX_ZSTD_FRAMES = 1000;
// For a whole body: each part of the default 16 KiB is one more call and one more copy.
const chunkSize = 64 * 1024;
/** A gzip that says less of itself than is true takes one call for each part all the same. */
const LEAST_CHUNK = 1024;
/** RFC 1952, 2.3.1: the last four bytes say how long the unpacked body is. */
const LENGTH_BYTES = 4;

const gunzip: Unpack = (body, maxOutputLength) =>
  gunzipSync(body, { maxOutputLength, chunkSize: chunkSizeOf(body) } satisfies ZlibOptions);
const unzstd: Unpack = (body, maxOutputLength) => {
  const frames: Buffer[] = [];
  let length = 0;
  // Node's decoder ends with the first frame and says nothing of what follows (findings/node-zstd-frames.sh).
  for (let offset = 0; offset < body.length; ) {
    if (frames.length === MAX_ZSTD_FRAMES) return badBody(`zstd of at most ${MAX_ZSTD_FRAMES} frames`, "more");
    const frame = unzstdFrame(body.subarray(offset), Math.max(1, maxOutputLength - length));
    frames.push(frame.buffer);
    length += frame.buffer.length;
    if (length > maxOutputLength) return tooLarge(maxOutputLength);
    offset += frame.engine.bytesWritten;
  }
  return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames, length);
};

/** The first frame of some bytes. `bytesWritten` says how many of them it took. */
function unzstdFrame(bytes: Buffer, maxOutputLength: number): { buffer: Buffer; engine: { bytesWritten: number } } {
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
  const options: ZstdOptions = { maxOutputLength, chunkSize, params, info: true };
  // Node's types know the answer without `info` only.
  return zstdDecompressSync(bytes, options) as unknown as ReturnType<typeof unzstdFrame>;
}

/** The size of the body as it says itself, and one byte to see that it ends; of a large one, or one that says so, a part. */
function chunkSizeOf(gzip: Buffer): number {
  if (gzip.length < LENGTH_BYTES) return LEAST_CHUNK;
  return Math.max(LEAST_CHUNK, Math.min(chunkSize, gzip.readUInt32LE(gzip.length - LENGTH_BYTES) + 1));
}

/** RFC 9110, 8.4.1.3 has x-gzip for gzip. */
const UNPACKS: ReadonlyMap<string, Unpack> = new Map([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["zstd", unzstd],
]);
const ACCEPTED = "gzip, zstd";

/** What a request's Content-Encoding asks for: nothing, a way to unpack its body, or a refusal (415) that names those there are. */
export function unpackingOf(encoding: string | undefined): Unpack | HttpReply | undefined {
  if (encoding === undefined) return undefined;
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity") return undefined;
  const unpack = UNPACKS.get(name);
  if (unpack !== undefined) return unpack;
  const detail = `Expected Content-Encoding ${ACCEPTED} or none, got ${quote(encoding)}.`;
  return problem(415, "Unsupported media type", detail, { headers: { "accept-encoding": ACCEPTED } });
}

/**
 * The unpacked body, or the refusal of one that is not what its Content-Encoding says (400) or has more than `maxBytes` (413).
 * At once and not beside other work: so only one body at a time takes memory for it, and what is larger ends at the limit.
 */
export function unpacked(body: Buffer, unpack: Unpack, maxBytes: number): Buffer | HttpReply {
  try {
    return unpack(body, maxBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge(maxBytes);
    if (code === "ZSTD_error_frameParameter_windowTooLarge")
      return badBody("zstd with a window of at most 8 MiB", "a larger one");
    if (code?.startsWith("Z") !== true) throw error; // the codes of zlib and zstd
    return badBody("a body as its Content-Encoding says", `one that is not (${code})`);
  }
}

function badBody(expected: string, got: string): HttpReply {
  return problem(400, "Invalid request", `Expected ${expected}, got ${got}.`);
}

/** 413 for a body, as it came or unpacked. */
export function tooLarge(maxBytes: number): HttpReply {
  const detail = `Expected a body of at most ${maxBytes} bytes, unpacked: send several requests.`;
  return problem(413, "Content too large", detail);
}
