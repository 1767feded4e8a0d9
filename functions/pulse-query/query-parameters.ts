import type { Parsed } from "../../events/fault.ts";
import { MAX_AHEAD_MS } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { faultOf, moment, readQuery } from "../../http/query-parameters.ts";
import { integer, text } from "../../settings/field.ts";
import type { Span } from "../../storage/ports.ts";

/** What the parameters are read against. */
export interface QueryContext {
  /** Epoch ms. */
  now: number;
  retentionMs: number;
}

export interface PulsesQuery {
  span: Span;
  limit: number;
  cursor: string | undefined;
}

export interface SummaryQuery {
  span: Span;
  buckets: number;
}

export const MAX_LIMIT = 1000;
export const MAX_BUCKETS = 500;

const spanParameters = { from: moment, to: moment };
/** Of `GET /services/{service}/pulses`. */
export const pulsesParameters = {
  ...spanParameters,
  limit: integer({ min: 1, max: MAX_LIMIT, fallback: 100 }),
  cursor: text("the cursor of the page before"),
};
/** Of the same as an export: the whole span, so neither limit nor cursor. */
export const exportParameters = spanParameters;
/** Of `GET /services/{service}/summary`. */
export const summaryParameters = { ...spanParameters, buckets: integer({ min: 1, max: MAX_BUCKETS, fallback: 60 }) };

/** The query of `GET /services/{service}/pulses`. */
export function readPulsesQuery(query: URLSearchParams, context: QueryContext): Parsed<PulsesQuery> {
  const read = readQuery(pulsesParameters, query);
  if (!read.ok) return read;
  const span = spanOf(read.value, context);
  if (!span.ok) return span;
  return { ok: true, value: { span: span.value, limit: read.value.limit, cursor: read.value.cursor } };
}

/** The query of an export of `GET /services/{service}/pulses`. */
export function readExportQuery(query: URLSearchParams, context: QueryContext): Parsed<Span> {
  const read = readQuery(exportParameters, query);
  return read.ok ? spanOf(read.value, context) : read;
}

/** The query of `GET /services/{service}/summary`. */
export function readSummaryQuery(query: URLSearchParams, context: QueryContext): Parsed<SummaryQuery> {
  const read = readQuery(summaryParameters, query);
  if (!read.ok) return read;
  const span = spanOf(read.value, context);
  return span.ok ? { ok: true, value: { span: span.value, buckets: read.value.buckets } } : span;
}

// A span is never longer than all that a store may hold, so that no request can ask for more than there is.
function spanOf(
  given: { from: number | undefined; to: number | undefined },
  { now, retentionMs }: QueryContext,
): Parsed<Span> {
  const longestMs = retentionMs + MAX_AHEAD_MS;
  const to = given.to ?? Math.max(now + MAX_AHEAD_MS, given.from === undefined ? 0 : given.from + 1);
  const from = given.from ?? Math.max(0, to - longestMs);
  if (from >= to) return { ok: false, faults: [faultOf("to", "a time after from", String(given.to))] };
  if (to - from > longestMs) {
    const days = Number((retentionMs / DAY_MS).toFixed(3));
    const rule = `a time at most ${days} days (the retention) before to`;
    return { ok: false, faults: [faultOf("from", rule, String(given.from))] };
  }
  return { ok: true, value: { from, to } };
}
