// Until when health is known. For the page, too, which has nothing of Node.
import type { Span } from "../storage/span.ts";

/**
 * pulse-health judges every ten seconds what is at least three seconds old. Where its last judgement is older than this, it is away, and
 * nobody knows how services are: what it said last must not stand.
 */
export const AWAY_AFTER_MS = 60_000;

/** Whether pulse-health is away, which has judged until a time, at another (epoch ms). It is, too, where it never judged (0). */
export function isAway(judgedUntil: number, now: number): boolean {
  return now - judgedUntil > AWAY_AFTER_MS;
}

/** The past part of a span. What was judged a moment ago is as good as what is judged now. */
export function judgedPart({ from, to }: Span, judgedUntil: number, now: number): Span {
  const end = isAway(judgedUntil, now) ? now : judgedUntil;
  return { from, to: Math.max(from, Math.min(to, end)) };
}
