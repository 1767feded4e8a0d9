import { createHash } from "node:crypto";
import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { jsonOrUndefined } from "../json.ts";
import { decode, type Encoding, encodingOf } from "./decode.ts";
import { type FilePosition, type Line, readLines } from "./lines.ts";
import type { LineFormat } from "./measurement.ts";

export const BEGINNING: FilePosition = { line: 0, bytes: 0 };

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

/** What the first lines of a file say of it. */
export interface FileHead {
  /** The first line. Absent: it is not whole yet. */
  first: Line | undefined;
  /**
   * Of the lines up to the first measurement, blank ones left out. It stays the same when the file grows, and differs for another
   * file of the same name. Absent: that line is not there yet.
   */
  hash: string | undefined;
  /** Whether the hash may change, because the first measurement is not whole yet. */
  isOpen: boolean;
}

/** Reads a file up to its first measurement. */
export async function readHead(file: InputFile, signal: AbortSignal): Promise<FileHead> {
  const texts: string[] = [];
  let first: Line | undefined;
  for await (const lines of readFileLines(file, BEGINNING, signal)) {
    for (const line of lines) {
      const { number, isOpen = false } = line;
      if (number === 1 && !isOpen) first = line;
      const text = textOf(line);
      if (text.trim() !== "") texts.push(text);
      if (texts.length === (file.format === "csv" ? 2 : 1)) return { first, hash: hashOf(texts.join("\n")), isOpen };
    }
  }
  return { first, hash: undefined, isOpen: true };
}

/** What a line reads, or why it cannot be read. */
export function textOf({ text, fault }: Pick<Line, "text" | "fault">): string {
  return text ?? fault ?? "";
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/**
 * The lines of a file from a position on. Ends early, without an error, when the signal aborts.
 * The position counts bytes of UTF-8, so that a file in another encoding is read from its beginning.
 */
export async function* readFileLines(
  file: InputFile,
  start: FilePosition,
  signal: AbortSignal,
): AsyncGenerator<Line[]> {
  const { path, size, encoding } = file;
  const isPlain = encoding === "utf-8";
  const from = isPlain ? start.bytes : 0;
  if (from >= size) return;
  const stream = createReadStream(path, { start: from, end: size - 1, highWaterMark: 256 * 1024 });
  const bytes = addAbortSignal(signal, stream);
  const source = readLines(isPlain ? bytes : withoutStart(decode(bytes), start.bytes), start);
  yield* untilAborted(wholeLines(source, file), path, signal);
}

/** The lines of a stream as they come. Ends early, without an error, when the signal aborts. */
export function readStreamLines(name: string, stream: Readable, signal: AbortSignal): AsyncGenerator<Line[]> {
  const source = readLines(decode(addAbortSignal(signal, stream)));
  return untilAborted(wholeLines(source, { format: "ndjson", isFinal: true }), name, signal);
}

async function* untilAborted(source: AsyncIterable<Line[]>, name: string, signal: AbortSignal): AsyncGenerator<Line[]> {
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

/** Makes the id of a line of a file. A line shifted to another time is another pulse. */
export function idsOf({ path }: InputFile, { hash = "" }: FileHead, shiftMs: number): (line: number) => string {
  const shift = shiftMs === 0 ? "" : `${shiftMs < 0 ? "" : "+"}${shiftMs}`;
  const prefix = `${basename(path).replace(/\.gz$/i, "").slice(-64).toWellFormed()}-${hash}${shift}`;
  return (line) => `${prefix}:${line}`;
}
