import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { type FilePosition, type Line, readLines } from "./lines.ts";

/** What is known of a file before it is sent. */
export interface FileHead {
  /** Its first line; empty when there is none. */
  header: string;
  /** Of its first two lines: it stays the same when the file grows, and differs for another file of the same name. */
  hash: string;
}

/** Reads the first lines of a file. */
export async function readHead(file: string): Promise<FileHead> {
  const lines: Line[] = [];
  const stream = createReadStream(file);
  for await (const some of readLines(stream)) {
    lines.push(...some.slice(0, 2 - lines.length));
    if (lines.length >= 2) break;
  }
  const text = lines.map((line) => line.text ?? line.fault).join("\n");
  return { header: lines[0]?.text ?? "", hash: createHash("sha256").update(text).digest("hex").slice(0, 8) };
}

/** The lines of a file from a position on. Ends early, without an error, when the signal aborts. */
export function readFileLines(file: string, start: FilePosition, signal: AbortSignal): AsyncGenerator<Line[]> {
  return readUntil(createReadStream(file, { start: start.bytes, highWaterMark: 256 * 1024 }), start, signal);
}

/** The lines of a stream as they come. Ends early, without an error, when the signal aborts. */
export async function* readUntil(stream: Readable, start: FilePosition, signal: AbortSignal): AsyncGenerator<Line[]> {
  try {
    yield* readLines(addAbortSignal(signal, stream), start);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Makes the id of a line of a file. A line shifted to another time is another pulse. */
export function idsOf(file: string, head: FileHead, shiftMs: number): (line: number) => string {
  const shift = shiftMs === 0 ? "" : `${shiftMs < 0 ? "" : "+"}${shiftMs}`;
  const prefix = `${basename(file).slice(-64).toWellFormed()}-${head.hash}${shift}`;
  return (line) => `${prefix}:${line}`;
}
