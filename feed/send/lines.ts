import { isUtf8 } from "node:buffer";
import { crc32 } from "node:zlib";

/** A position in a text: the lines before it, their bytes, and the CRC-32 of these. */
export interface FilePosition {
  line: number;
  bytes: number;
  crc: number;
}

export const BEGINNING: FilePosition = { line: 0, bytes: 0, crc: 0 };

/** One line of a text, without its line break. */
export interface Line {
  /** From 1. */
  number: number;
  /** The position after its line break. */
  end: FilePosition;
  /** Absent when the line is not UTF-8, or too long; `fault` says which. */
  text?: string;
  fault?: string;
  /** Set on the last line when no line break ends it: its end may not be written yet. */
  isOpen?: true;
}

/** The largest pulse takes less, even with every character escaped. */
export const MAX_LINE_BYTES = 512 * 1024;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/**
 * The lines of a stream of bytes, as many at a time as each chunk ends, in constant memory for lines of any length.
 * @param start where the stream begins in its text
 */
export async function* readLines(
  stream: AsyncIterable<Buffer>,
  start: FilePosition = BEGINNING,
): AsyncGenerator<Line[], void, undefined> {
  const at = { ...start };
  let rest: Buffer[] = [];
  let restBytes = 0;

  // A line that is too long leaves only its length.
  function keep(part: Buffer): void {
    at.crc = crc32(part, at.crc);
    restBytes += part.length;
    if (restBytes <= MAX_LINE_BYTES) rest.push(Buffer.from(part));
    else rest = [];
  }

  function close(part: Buffer, breakBytes: number): Line {
    const end = part.subarray(0, part.length - breakBytes);
    const length = restBytes + end.length;
    const bytes = length > MAX_LINE_BYTES ? undefined : restBytes === 0 ? end : Buffer.concat([...rest, end]);
    rest = [];
    restBytes = 0;
    at.line++;
    at.bytes += length + breakBytes;
    at.crc = crc32(part, at.crc);
    return lineOf(at, bytes);
  }

  for await (const chunk of stream) {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      lines.push(close(chunk.subarray(from, end + 1), 1));
      from = end + 1;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (restBytes > 0) yield [{ ...close(Buffer.alloc(0), 0), isOpen: true }];
}

function lineOf(at: FilePosition, bytes: Buffer | undefined): Line {
  const line = { number: at.line, end: { ...at } };
  if (bytes === undefined) return { ...line, fault: `Expected a line of at most ${MAX_LINE_BYTES} bytes` };
  if (!isUtf8(bytes)) return { ...line, fault: "Expected text in UTF-8" };
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  const text = bytes.toString("utf8", 0, end);
  return { ...line, text: line.number === 1 && text.startsWith("\ufeff") ? text.slice(1) : text };
}
