export const DAY_MS = 86_400_000;
/** The last moment, in epoch ms, that a Date can hold (ECMAScript, "Time Values and Time Range"). */
export const END_OF_TIME_MS = 8.64e15;

// RFC 3339 section 5.6: a date, "T", a time with optional fraction, and an offset that is not optional. It has no hour 24,
// although Date takes it for the next day's midnight. Digits after the third go no further: of ten and more that begin with 0,
// V8 takes .0257376371 for .257 (findings/v8-long-fraction.sh).
const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):(\d\d):(\d\d)(?:(\.\d{1,3})\d*)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
// The form that nearly every sender writes and Date.parse alone reads right: UTC, at most ms, a day that every month has.
const PLAIN = /^\d{4}-\d\d-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):\d\d:[0-5]\d(?:\.\d{1,3})?Z$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Epoch milliseconds of an RFC 3339 time, cut to the millisecond; `undefined` for anything else. `Date.parse` alone takes
 * other formats and makes 2 March of 30 February.
 */
export function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (PLAIN.test(text)) {
    const ms = Date.parse(text);
    if (!Number.isNaN(ms)) return ms;
  }
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const month = Number(parts[2]);
  const day = Number(parts[3]);
  if (day > (DAYS[month - 1] ?? 0) || (month === 2 && day === 29 && !isLeapYear(Number(parts[1])))) return undefined;
  // A leap second is legal in RFC 3339 and unknown to Date. It becomes the moment after it, always a UTC midnight.
  const isLeapSecond = parts[6] === "60";
  const iso = `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${isLeapSecond ? "59" : parts[6]}`;
  const ms = Date.parse(`${iso}${isLeapSecond ? "" : (parts[7] ?? "")}${parts[8]?.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  if (!isLeapSecond) return ms;
  return (ms + 1000) % DAY_MS === 0 ? ms + 1000 : undefined;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
