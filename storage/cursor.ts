// A cursor is the position of the last thing shown, not a count: what is written meanwhile cannot shift it.
import { type Parsed, refuse } from "../events/fault.ts";

/** The kinds of a position's parts, in order. Numbers are safe integers, such as epoch ms. */
export type CursorShape = readonly ("number" | "string")[];
/** A position of that shape. */
export type CursorPosition<S extends CursorShape> = {
  -readonly [K in keyof S]: S[K] extends "number" ? number : string;
};

/** A position as opaque text that is safe in a URL. */
export function encodeCursor<const S extends CursorShape>(_shape: S, position: CursorPosition<S>): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** The position that {@link encodeCursor} made the text of; a fault at `/cursor` for any other text. */
export function decodeCursor<const S extends CursorShape>(shape: S, cursor: string): Parsed<CursorPosition<S>> {
  const position = parsePosition(cursor);
  const isPosition =
    Array.isArray(position) &&
    position.length === shape.length &&
    shape.every((kind, i) => (kind === "number" ? Number.isSafeInteger(position[i]) : typeof position[i] === "string"));
  if (!isPosition) return refuse("/cursor", "Expected the cursor of the page before, unchanged", cursor);
  return { ok: true, value: position as CursorPosition<S> };
}

function parsePosition(cursor: string): unknown {
  const bytes = Buffer.from(cursor, "base64url");
  // Buffer skips what is not base64; only text that comes out the same again is a cursor.
  if (bytes.toString("base64url") !== cursor) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
