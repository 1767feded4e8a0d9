import { parseTime } from "../../events/time.ts";

/** What {@link parseTimestamp} reads; follows the word "Expected". */
export const TIMESTAMP_RULE = "a timestamp as YYYY-MM-DD HH:MM:SS (UTC), RFC 3339, or epoch seconds or milliseconds";

const WITHOUT_OFFSET = /^\d{4}-\d\d-\d\d[ Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/;
// The year 5138 as seconds, 1973 as milliseconds: measurements lie between.
const FIRST_MILLISECONDS = 100_000_000_000;

/** Epoch milliseconds of a measurement's timestamp, cut to the millisecond; `undefined` for anything else. */
export function parseTimestamp(text: string): number | undefined {
  if (/^\d{1,16}(?:\.\d+)?$/.test(text)) {
    const value = Number(text);
    return Math.floor(value < FIRST_MILLISECONDS ? Number((value * 1000).toFixed(3)) : value);
  }
  if (!WITHOUT_OFFSET.test(text)) return parseTime(text);
  return parseTime(text.length === "2026-01-01 00:00".length ? `${text}:00Z` : `${text}Z`);
}
