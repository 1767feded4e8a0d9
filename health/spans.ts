import type { Span } from "../storage/span.ts";

/** Spans in order, those that touch or overlap as one. */
export function united(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const { from, to } of spans.filter((span) => span.from < span.to).sort((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else all.push({ from, to });
  }
  return all;
}

/** What is left of a span outside of others. */
export function outside(span: Span, others: readonly Span[]): Span[] {
  const left: Span[] = [];
  let { from } = span;
  for (const other of united(others)) {
    if (other.from > from) left.push({ from, to: Math.min(other.from, span.to) });
    from = Math.max(from, other.to);
  }
  left.push({ from, to: span.to });
  return left.filter((one) => one.from < one.to);
}

/** How long a span is within others, which do not overlap. */
export function lengthWithin(span: Span, others: readonly Span[]): number {
  return others.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0);
}
