// Days, months and times of day in a time zone, by the rules that Node knows (Intl), summer time included.
import { DAY_MS } from "../events/time.ts";
import type { Span } from "../storage/span.ts";

/** A time on the wall, with months from 1. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour?: number;
  minute?: number;
  second?: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** There are some 600 names of time zones. */
const MAX_FORMATS = 1000;

/** Whether Node knows a time zone by this name, such as `Europe/Berlin` or `UTC`. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What the wall shows at a moment (epoch ms). @throws {RangeError} for an unknown zone */
export function wallTimeAt(time: number, zone: string): Required<WallTime> {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) as number;
  const date = { year: of("year"), month: of("month"), day: of("day") };
  return { ...date, hour: of("hour"), minute: of("minute"), second: of("second") };
}

/**
 * The first moment (epoch ms) at which the wall shows a time, or a later one where the clock leaps over it. Days beyond the end of a
 * month go on into the next.
 */
export function momentOf(time: WallTime, zone: string): number {
  const wall = utcOf(time);
  // By each of the offsets that hold around it; the clock is set by less than a day.
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((time) => offsetAt(time, zone));
  const candidates = offsets.map((offset) => wall - offset).sort((a, b) => a - b);
  const exact = candidates.find((time) => time + offsetAt(time, zone) === wall);
  return exact ?? leapBetween(candidates[0] as number, candidates[1] as number, zone);
}

/** The day of the week at a moment, from 0 for Sunday. */
export function weekdayAt(time: number, zone: string): number {
  const { year, month, day } = wallTimeAt(time, zone);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

/** The days or months that touch a span, each cut to it. Each is found when it is asked for: those of a year take tens of milliseconds. */
export function* calendarParts(span: Span, unit: "day" | "month", zone: string): Generator<Span, void> {
  const { year, month, day } = wallTimeAt(span.from, zone);
  let { from } = span;
  for (let i = 1; from < span.to; i++) {
    const next = unit === "day" ? { year, month, day: day + i } : { year, month: month + i, day: 1 };
    const to = Math.min(momentOf(next, zone), span.to);
    // A day that the clock leaps over has no part. One that the clock is set back into, after its end, is the next one by then.
    if (to <= from) continue;
    yield { from, to };
    from = to;
  }
}

/** The days of a month. */
export function monthSpan({ year, month }: Pick<WallTime, "year" | "month">, zone: string): Span {
  return { from: momentOf({ year, month, day: 1 }, zone), to: momentOf({ year, month: month + 1, day: 1 }, zone) };
}

/** Some zones had offsets with seconds: Africa/Monrovia until 1972. */
function offsetAt(time: number, zone: string): number {
  return utcOf(wallTimeAt(time, zone)) - Math.floor(time / 1000) * 1000;
}

/** The moment at which a wall in UTC shows a time. */
function utcOf({ year, month, day, hour = 0, minute = 0, second = 0 }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** The moment at which the clock is set forward, between two moments with different offsets. */
function leapBetween(before: number, after: number, zone: string): number {
  let [low, high] = [before, after];
  const offset = offsetAt(low, zone);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle, zone) === offset) low = middle;
    else high = middle;
  }
  return high;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    if (formats.size < MAX_FORMATS) formats.set(zone, format);
  }
  return format;
}
