import type { Span } from "./api.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The spans up to now that a reader may choose, each with the step that divides it. */
export const SPANS = {
  "15m": { words: "15 min", lengthMs: 15 * MINUTE, stepMs: 20_000 },
  "1h": { words: "1 h", lengthMs: HOUR, stepMs: MINUTE },
  "6h": { words: "6 h", lengthMs: 6 * HOUR, stepMs: 5 * MINUTE },
  "24h": { words: "24 h", lengthMs: DAY, stepMs: 15 * MINUTE },
  "7d": { words: "7 d", lengthMs: 7 * DAY, stepMs: 2 * HOUR },
  "30d": { words: "30 d", lengthMs: 30 * DAY, stepMs: 8 * HOUR },
  "90d": { words: "90 d", lengthMs: 90 * DAY, stepMs: DAY },
  "1y": { words: "1 y", lengthMs: 364 * DAY, stepMs: 7 * DAY },
} as const;
export type SpanName = keyof typeof SPANS;

/** The chosen span: one that moves with time, or one drawn on a chart. */
export type Choice = { kind: "moving"; name: SpanName } | { kind: "fixed"; from: number; to: number };

const FIXED_BUCKETS = 90;
const MIN_FIXED_MS = 1000;

export function readChoice(query: URLSearchParams): Choice {
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
  if (Number.isInteger(from) && Number.isInteger(to) && from > 0 && to - from >= MIN_FIXED_MS) {
    return { kind: "fixed", from, to };
  }
  const name = Object.keys(SPANS).find((one): one is SpanName => one === query.get("span"));
  return { kind: "moving", name: name ?? "1h" };
}

/** The span of a choice at a moment. A moving span ends at a whole step, so that all screens ask for the same span. */
export function spanOf(choice: Choice, now: number): Span {
  if (choice.kind === "fixed") return { from: choice.from, to: choice.to, buckets: FIXED_BUCKETS };
  const { lengthMs, stepMs } = SPANS[choice.name];
  const to = Math.floor(now / stepMs + 1) * stepMs;
  return { from: to - lengthMs, to, buckets: lengthMs / stepMs };
}

/** How long a summary is good while pulses come. The finer the span, the sooner a pulse shows. */
export function refreshAfterMs(choice: Choice): number {
  if (choice.kind === "fixed") return Number.POSITIVE_INFINITY;
  return Math.min(60_000, Math.max(2000, SPANS[choice.name].stepMs / 10));
}
