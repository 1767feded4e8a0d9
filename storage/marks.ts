// A rollup knows what it has seen. A writer that stores a pulse of an hour that may be rolled already leaves a mark for that hour,
// and then answers. A rollup carries the marks that were there before its pulses were read. While these are the marks of its
// hour, it has every pulse of its span.
import { hash } from "node:crypto";
import type { Marks } from "./ports.ts";
import type { Span } from "./span.ts";
import { floorTo, HOUR_MS } from "./tiers.ts";

/** What a rollup of a span has seen of some marks, as a short text; empty where there is none. */
export function seenOf(marks: Marks, { from, to }: Span): string {
  if (marks.size === 0) return "";
  const seen: string[] = [];
  for (let hour = floorTo(HOUR_MS, from); hour < to; hour += HOUR_MS) {
    const mark = marks.get(hour);
    if (mark !== undefined) seen.push(`${hour} ${mark}`);
  }
  return seen.length === 0 ? "" : hash("sha1", seen.join("\n"), "base64url");
}
