import type { Parsed } from "../../events/fault.ts";
import { SERVICE_NAME_FORM } from "../../events/pulse.ts";
import { MAX_AHEAD_MS } from "../../events/pulse-time.ts";
import { DAY_MS } from "../../events/time.ts";
import { isTimeZone } from "../../health/calendar.ts";
import { moment, readQuery, TO_BEFORE_FROM } from "../../http/query-parameters.ts";
import { integer, parsedText, text, type ValuesOf, word } from "../../settings/field.ts";
import type { Span } from "../../storage/span.ts";
import { HOUR_MS } from "../../storage/tiers.ts";

const spanParameters = { from: moment, to: moment };
const cursor = text("the cursor of the page before");
/** Of `GET /services`. */
export const servicesParameters = { limit: integer({ min: 1, max: 10_000, fallback: 10_000 }), cursor };
/** Of `GET /services/{service}/pulses`. */
export const pulsesParameters = {
  ...spanParameters,
  limit: integer({ min: 1, max: 1000, fallback: 100 }),
  cursor,
};
/** Of the same path as an export, which gives the whole span. */
export const exportParameters = spanParameters;
/** Of `GET /services/{service}/summary`. */
export const summaryParameters = {
  ...spanParameters,
  buckets: integer({ min: 1, max: 500, fallback: 60 }),
  by: text("a key of the metadata, or status"),
};

/** A page shows no more tiles at first; the length of a URL (4,096 characters) bounds long names. */
const MAX_NAMES = 240;
const serviceNames = parsedText(
  `names of services, separated by commas, at most ${MAX_NAMES}`,
  (value): readonly string[] | undefined => {
    const names = [...new Set(value.split(","))];
    return names.length <= MAX_NAMES && names.every((name) => SERVICE_NAME_FORM.test(name)) ? names : undefined;
  },
);
/** Of `GET /trends`. */
export const trendsParameters = {
  ...spanParameters,
  services: serviceNames,
  buckets: integer({ min: 1, max: 100, fallback: 30 }),
};

/** The most runs or incidents that an answer shows. */
export const MAX_LIMIT = 10_000;
const limit = integer({ min: 1, max: MAX_LIMIT, fallback: 1000 });
/** Of `GET /services/{service}/markers`. */
export const markersParameters = spanParameters;
/** Of `GET /services/{service}/history`. */
export const historyParameters = { ...spanParameters, limit };
/** Of `GET /histories`. */
export const historiesParameters = {
  ...spanParameters,
  services: serviceNames,
  buckets: integer({ min: 1, max: 100, fallback: 48 }),
};
/** Of `GET /services/{service}/uptime`. */
export const uptimeParameters = {
  ...spanParameters,
  month: parsedText("a month such as 2026-11", (value) => {
    const [, year, month] = /^(2\d{3})-(0[1-9]|1[0-2])$/.exec(value) ?? [];
    return year === undefined ? undefined : { year: Number(year), month: Number(month) };
  }),
  by: word(["day", "month"]),
  tz: parsedText("a time zone such as Europe/Berlin", (value) => (isTimeZone(value) ? value : undefined), "UTC"),
};
/** Of `GET /incidents`. */
export const incidentsParameters = { ...spanParameters, state: word(["open", "all"], "all"), limit };

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24 };

/** How long a window such as `24h` or `30d` is, in ms; not a number for another text. */
export function windowMs(window: string): number {
  const [, count, unit = ""] = /^([1-9]\d{0,3})(h|d)$/.exec(window) ?? [];
  return Number(count) * (HOURS[unit] ?? Number.NaN) * HOUR_MS;
}

/** Of a badge. It takes any other parameter, too: a page that shows the picture may add a version, or a style of another service's. */
export const badgeParameters = {
  show: word(["health", "uptime", "p95"], "health"),
  window: parsedText(
    "a number of hours or days up to 400d, such as 24h or 30d",
    (value) => (windowMs(value) <= 400 * DAY_MS ? value : undefined),
    "30d",
  ),
};

/** Reads what is known of a badge's query. */
export function readBadgeQuery(query: URLSearchParams): Parsed<ValuesOf<typeof badgeParameters>> {
  const known = [...query].filter(([name]) => Object.hasOwn(badgeParameters, name));
  return readQuery(badgeParameters, new URLSearchParams(known));
}

/** What a span is read against. */
export interface SpanContext {
  /** Epoch ms. */
  now: number;
  retentionMs: number;
  /** The longest span, where it may begin before the retention. */
  historyMs?: number;
}

/** Reads a query with a span: the fields' values, and the span that `from` and `to` stand for. */
export function readSpanQuery<F extends typeof spanParameters>(
  fields: F,
  query: URLSearchParams,
  context: SpanContext,
): Parsed<ValuesOf<F> & { span: Span }> {
  const read = readQuery(fields, query);
  if (!read.ok) return read;
  const span = spanOf(read.value as ValuesOf<typeof spanParameters>, context);
  return span.ok ? { ok: true, value: { ...read.value, span: span.value } } : span;
}

// The longest span is all that a store may hold, so that no request can ask for more than there is. Without `from` it is the
// retention.
function spanOf(
  given: { from: number | undefined; to: number | undefined },
  { now, retentionMs, historyMs = 0 }: SpanContext,
): Parsed<Span> {
  const [keptMs, what] = historyMs > retentionMs ? [historyMs, "history"] : [retentionMs, "retention"];
  const longestMs = keptMs + MAX_AHEAD_MS;
  const to = given.to ?? Math.max(now + MAX_AHEAD_MS, given.from === undefined ? 0 : given.from + 1);
  const from = given.from ?? Math.max(0, to - retentionMs - MAX_AHEAD_MS);
  if (from >= to) return { ok: false, faults: [TO_BEFORE_FROM] };
  if (to - from > longestMs) {
    const days = Number((keptMs / DAY_MS).toFixed(3));
    const rule = `Expected a time at most ${days} days (the ${what}) before to`;
    return { ok: false, faults: [{ pointer: "/query/from", rule, got: "an earlier time" }] };
  }
  return { ok: true, value: { from, to } };
}
