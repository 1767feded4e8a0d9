import { hash } from "node:crypto";
import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { jsonOrUndefined } from "../json.ts";
import { decode, type Encoding, encodingOf } from "./decode.ts";
import { BEGINNING, type FilePosition, type Line, readLines } from "./lines.ts";
import type { LineFormat } from "./measurement.ts";

/** A file as it is when the command starts: what is written later is left for the next time. */
export interface InputFile {
  path: string;
  /** Its size on disk. */
  size: number;
  encoding: Encoding;
  format: LineFormat;
  /** Whether its last line is whole even without a line break, because nothing more will be written. */
  isFinal: boolean;
}

/** @param isFinal what the user says; the end of a gzip file is final anyway, because its trailer says so */
export function openInput(path: string, format: LineFormat, isFinal: boolean): InputFile {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(2);
    readSync(file, start, 0, 2, 0);
    const encoding = encodingOf(start);
    return { path, size: fstatSync(file).size, encoding, format, isFinal: isFinal || encoding === "gzip" };
  } finally {
    closeSync(file);
  }
}

/** The first line; `undefined` while it is not whole. */
export async function readFirstLine(file: InputFile, signal: AbortSignal): Promise<Line | undefined> {
  for await (const [line] of readFileLines(file, BEGINNING, signal)) return line?.isOpen ? undefined : line;
  return undefined;
}

/** What a line reads, or why it cannot be read. */
export function textOf({ text, fault }: Pick<Line, "text" | "fault">): string {
  return text ?? fault ?? "";
}

export function hashOf(text: string): string {
  return hash("sha256", text, "hex").slice(0, 8);
}

/** The lines of a file from a position on. Ends early, without an error, when the signal aborts. */
export async function* readFileLines(
  file: InputFile,
  start: FilePosition,
  signal: AbortSignal,
): AsyncGenerator<Line[]> {
  const source = readLines(bytesOf(file, start.bytes, signal), start);
  yield* untilAborted(wholeLines(source, file), file.path, signal);
}

/** Whether the bytes before a position are what they were. False, too, when the signal aborts. */
export async function isSameBefore(file: InputFile, position: FilePosition, signal: AbortSignal): Promise<boolean> {
  let crc = 0;
  let left = position.bytes;
  for await (const chunk of untilAborted(bytesOf(file, 0, signal), file.path, signal)) {
    crc = crc32(chunk.subarray(0, left), crc);
    left = Math.max(0, left - chunk.length);
    if (left === 0) break;
  }
  return left === 0 && crc === position.crc;
}

/** The text of a file in UTF-8 after so many bytes of it. A file in another encoding is read from its beginning. */
async function* bytesOf({ path, size, encoding }: InputFile, start: number, signal: AbortSignal) {
  const isPlain = encoding === "utf-8";
  const from = isPlain ? start : 0;
  if (from >= size) return;
  const stream = createReadStream(path, { start: from, end: size - 1, highWaterMark: 256 * 1024 });
  const bytes: AsyncIterable<Buffer> = addAbortSignal(signal, stream);
  yield* isPlain ? bytes : withoutStart(decode(bytes), start);
}

/** The lines of a stream as they come. Ends early, without an error, when the signal aborts. */
export function readStreamLines(name: string, stream: Readable, signal: AbortSignal): AsyncGenerator<Line[]> {
  const source = readLines(decode(addAbortSignal(signal, stream)));
  return untilAborted(wholeLines(source, { format: "ndjson", isFinal: true }), name, signal);
}

async function* untilAborted<T>(source: AsyncIterable<T>, name: string, signal: AbortSignal): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    if (!signal.aborted) throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Clears `isOpen` of a last line that is whole all the same: what follows a JSON object cannot belong to it. */
async function* wholeLines(
  source: AsyncIterable<Line[]>,
  { format, isFinal }: Pick<InputFile, "format" | "isFinal">,
): AsyncGenerator<Line[]> {
  for await (const lines of source) {
    const [{ isOpen, ...line } = { isOpen: undefined }] = lines;
    const isWhole = isOpen && (isFinal || (format === "ndjson" && typeof jsonOrUndefined(textOf(line)) === "object"));
    yield isWhole ? [line as Line] : lines;
  }
}

async function* withoutStart(source: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const chunk of source) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/**
 * Makes the id of a line of a file from the file's name, the line's number and the pulse: what another line reads, and how much
 * of the file there is, changes nothing of it. A line that is corrected is another pulse.
 */
export function idsOf({ path }: InputFile): (line: number, pulse: string) => string {
  const name = basename(path).replace(/\.gz$/i, "").slice(-64).toWellFormed();
  return (line, pulse) => `${name}:${line}-${hashOf(pulse)}`;
}
