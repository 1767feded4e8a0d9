import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTime } from "./time.ts";

// A fixed seed: each run has the same cases.
fc.configureGlobal({ seed: 20_261_124 });

const LEGAL: [string, string][] = [
  ["2026-03-01T12:30:45Z", "2026-03-01T12:30:45.000Z"],
  ["2026-03-01t12:30:45z", "2026-03-01T12:30:45.000Z"],
  ["2026-03-01 12:30:45Z", "2026-03-01T12:30:45.000Z"],
  ["2026-03-01T12:30:45+02:00", "2026-03-01T10:30:45.000Z"],
  ["2026-03-01T00:30:45+23:59", "2026-02-28T00:31:45.000Z"],
  ["2026-03-01T12:30:45-00:00", "2026-03-01T12:30:45.000Z"],
  ["2026-03-01T12:30:45.1Z", "2026-03-01T12:30:45.100Z"],
  ["2026-03-01T12:30:45.9999Z", "2026-03-01T12:30:45.999Z"],
  [`2026-03-01T12:30:45.${"123456789".repeat(50)}-01:30`, "2026-03-01T14:00:45.123Z"],
  ["2026-03-01T12:30:45.0257376371Z", "2026-03-01T12:30:45.025Z"],
  ["2026-03-01T12:30:45.001000000000+00:00", "2026-03-01T12:30:45.001Z"],
  ["1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"],
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ["2016-12-31T23:59:60.75Z", "2017-01-01T00:00:00.000Z"],
  ["2017-01-01T08:59:60+09:00", "2017-01-01T00:00:00.000Z"],
];

const ILLEGAL = [
  "",
  "now",
  "2026-03-01",
  "2026-03-01T12:30:45",
  "2026-03-01T12:30Z",
  "2026-03-01T12:30:45.Z",
  "2026-03-01T12:30:45,5Z",
  "2026-03-01T12:30:45+0200",
  "2026-03-01T12:30:45+02",
  "2026-03-01T12:30:45+24:00",
  "2026-03-01T12:30:45+02:60",
  "2026-02-30T00:00:00Z",
  "2026-02-29T00:00:00Z",
  "1900-02-29T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-00-10T00:00:00Z",
  "2026-13-10T00:00:00Z",
  "2026-01-00T00:00:00Z",
  "2026-01-01T24:00:00Z",
  "2026-01-01T12:60:00Z",
  "2026-01-01T12:15:60Z",
  "2026-01-01T12:15:61Z",
  "2016-12-31T23:59:60+01:00",
  "+002026-01-01T00:00:00Z",
  "26-01-01T00:00:00Z",
  " 2026-03-01T12:30:45Z",
  "2026-03-01T12:30:45Z\n",
  "2026-03-01T12:30:45ZZ",
  "1772368245000",
  "٢٠٢٦-03-01T12:30:45Z",
];

describe("parseTime", () => {
  it.each(LEGAL)("reads %s", (text, iso) => {
    expect(new Date(parseTime(text) ?? Number.NaN).toISOString()).toBe(iso);
  });

  it.each(ILLEGAL)("refuses %j", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it("reads back every time that Date writes", () => {
    const date = fc.date({
      min: new Date("0001-01-01"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(fc.property(date, (one) => parseTime(one.toISOString()) === one.getTime()));
  });

  it("gives a whole number or nothing for any text of that shape", () => {
    const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
    const pair = digits(2);
    const zone = fc.oneof(
      fc.constantFrom("Z", "z"),
      fc.tuple(pair, pair).map(([h, m]) => `+${h}:${m}`),
    );
    const text = fc
      .tuple(digits(4), pair, pair, pair, pair, pair, zone)
      .map(([year, month, day, h, m, s, offset]) => `${year}-${month}-${day}T${h}:${m}:${s}${offset}`);
    fc.assert(
      fc.property(text, (one) => {
        const ms = parseTime(one);
        return ms === undefined || Number.isSafeInteger(ms);
      }),
      { numRuns: 2000 },
    );
  });
});
