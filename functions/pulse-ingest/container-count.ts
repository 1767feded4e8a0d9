const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const OPEN_BRACE = 123;
/** Smaller bodies cannot hold enough to matter, and are most of them. */
const MIN_BYTES = 64 * 1024;

/**
 * Whether JSON text holds more objects and arrays than `limit`, told without parsing it: 4 MiB of `{},{},…` become some
 * 100 MB of objects. 2 ns a byte; what is not JSON is left for the parser to say.
 */
export function hasMoreContainers(body: Buffer, limit: number): boolean {
  if (body.length < MIN_BYTES) return false;
  let count = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++count > limit) return true;
    } else if (byte === QUOTE) {
      i = endOfString(body, i);
    }
  }
  return false;
}

function endOfString(body: Buffer, start: number): number {
  let end = body.indexOf(QUOTE, start + 1);
  while (end !== -1 && isEscaped(body, end)) end = body.indexOf(QUOTE, end + 1);
  return end === -1 ? body.length : end;
}

// A quote is part of the string when an odd number of backslashes stands before it.
function isEscaped(body: Buffer, at: number): boolean {
  let backslashes = 0;
  while (body[at - 1 - backslashes] === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
