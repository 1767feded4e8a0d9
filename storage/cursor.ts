// A cursor is the place of the last thing shown, not a count: what is written meanwhile cannot shift it.
import { type Parsed, refuse } from "../events/fault.ts";
import { END_OF_TIME_MS } from "../events/time.ts";
import type { StoredPulse } from "./ports.ts";

/** A place in the order of reading: epoch ms, then the texts that order what shares a millisecond. */
export type Cursor = readonly [time: number, ...texts: string[]];
/** The place of a pulse. */
export type PulseCursor = readonly [time: number, source: string, id: string];
/** The place of a dead letter. */
export type DeadLetterCursor = readonly [time: number, id: string];

/** A cursor as opaque text that is safe in a URL. */
export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

/** The cursor of `length` parts that {@link encodeCursor} made the text of; a fault at `/cursor` for any other text. */
export function decodeCursor<C extends Cursor>(text: string | undefined, length: C["length"]): Parsed<C | undefined> {
  if (text === undefined) return { ok: true, value: undefined };
  const cursor = parse(text);
  if (!isCursor(cursor) || cursor.length !== length) {
    return refuse("/cursor", "Expected the cursor of the page before, unchanged", text);
  }
  return { ok: true, value: cursor as C };
}

function parse(text: string): unknown {
  const bytes = Buffer.from(text, "base64url");
  // Buffer skips what is not base64; only text that comes out the same again is a cursor.
  if (bytes.toString("base64url") !== text) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function isCursor(value: unknown): value is Cursor {
  if (!Array.isArray(value)) return false;
  const [time, ...texts] = value as unknown[];
  return (
    Number.isInteger(time) &&
    Math.abs(time as number) <= END_OF_TIME_MS &&
    texts.every((text) => typeof text === "string")
  );
}

/** A page of pulses ends before they weigh more than this, roughly; it has one at least. Metadata may weigh 35 KB. */
export const MAX_PAGE_BYTES = 1_000_000;

/** How many of some pulses, from the first on, fit on a page of at most `limit`. */
export function countFitting(pulses: readonly StoredPulse[], limit: number): number {
  let bytes = 0;
  for (let i = 0; i < pulses.length && i < limit; i++) {
    bytes += bytesOf(pulses[i] as StoredPulse);
    if (bytes > MAX_PAGE_BYTES && i > 0) return i;
  }
  return limit;
}

/** What a pulse weighs, roughly: its texts and 200 bytes. */
export function bytesOf({ metadata }: StoredPulse): number {
  let bytes = 200;
  for (const key in metadata) bytes += key.length + (metadata[key] as string).length;
  return bytes;
}

/** Cuts a page to `limit` of the rows read. One row more than that tells that another page follows: the cursor leads there. */
export function cutPage<T>(rows: T[], limit: number, cursorOf: (last: T) => Cursor): { cursor?: string } {
  if (rows.length <= limit) return {};
  rows.length = limit;
  const last = rows.at(-1);
  return last === undefined ? {} : { cursor: encodeCursor(cursorOf(last)) };
}
