import { parseTime } from "../../events/time.ts";

/** What {@link parseTimestamp} reads; follows the word "Expected". */
export const TIMESTAMP_RULE =
  "a time as YYYY-MM-DD HH:MM:SS (UTC unless an offset follows), RFC 3339, or epoch seconds, ms, µs or ns";

const EPOCH = /^0*(\d{1,20})(?:[.,](\d+))?$/;

// A date and a time as tools write them: Java and Python with a comma before the fraction, Ruby and Go with a blank before the
// offset and a zone's name after it, PostgreSQL with an offset of hours alone, nginx with slashes in the date.
const DATE_AND_TIME =
  /^(\d{4})[-/](\d\d)[-/](\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?: ?([Zz]|UTC|GMT)| ?([+-]\d\d):?(\d\d)?(?: [A-Z]{1,5})?)?$/;

/** Epoch milliseconds of a measurement's timestamp, cut to the millisecond; `undefined` for anything else. */
export function parseTimestamp(text: string): number | undefined {
  const epoch = EPOCH.exec(text);
  if (epoch !== null) return msOfEpoch(epoch[1] as string, epoch[2] ?? "");
  const [, year, month, day, minute, second = "00", fraction = "0", , hours, minutes = "00"] =
    DATE_AND_TIME.exec(text) ?? [];
  if (year === undefined) return undefined;
  return parseTime(
    `${year}-${month}-${day}T${minute}:${second}.${fraction}${hours === undefined ? "Z" : `${hours}:${minutes}`}`,
  );
}

// The number of digits names the unit of every time since 3 March 1973: a time of today has 10 digits in seconds, 13 in ms, 16
// in µs and 19 in ns. Cutting the text keeps nanoseconds exact, which a double does not.
function msOfEpoch(digits: string, fraction: string): number {
  if (digits.length <= 11) return Number(digits + fraction.slice(0, 3).padEnd(3, "0"));
  const smaller = digits.length <= 14 ? 0 : digits.length <= 17 ? 3 : 6;
  return Number(digits.slice(0, digits.length - smaller));
}
