import { END_OF_TIME_MS } from "../../events/time.ts";
import type { Span } from "../span.ts";

/** A span whose ends SQLite takes for whole numbers. */
export function wholeSpan({ from, to }: Span): Span {
  return { from: Math.max(0, from), to: Math.min(to, END_OF_TIME_MS) };
}
