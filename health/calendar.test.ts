import { describe, expect, it } from "vitest";
import { calendarParts, isTimeZone, momentOf, monthSpan, wallTimeAt, weekdayAt } from "./calendar.ts";

const iso = (time: number) => new Date(time).toISOString();

describe("a time on the wall", () => {
  it.each<[what: string, zone: string, time: [number, number, number, number?, number?], moment: string]>([
    ["in UTC", "UTC", [2026, 11, 30, 12, 5], "2026-11-30T12:05:00.000Z"],
    ["in winter", "Europe/Berlin", [2026, 12, 1], "2026-11-30T23:00:00.000Z"],
    ["in summer", "Europe/Berlin", [2026, 7, 1], "2026-06-30T22:00:00.000Z"],
    ["that comes twice is the first", "Europe/Berlin", [2026, 10, 25, 2, 30], "2026-10-25T00:30:00.000Z"],
    ["that is leapt over is the moment of the leap", "Europe/Berlin", [2026, 3, 29, 2, 30], "2026-03-29T01:00:00.000Z"],
    ["where the clock leaps at midnight", "Africa/Cairo", [2026, 4, 24], "2026-04-23T22:00:00.000Z"],
    ["where the clock leaps by half an hour", "Australia/Lord_Howe", [2026, 10, 4, 2, 15], "2026-10-03T15:30:00.000Z"],
    ["where a whole day is left out", "Pacific/Apia", [2011, 12, 30], "2011-12-30T10:00:00.000Z"],
    ["of a day beyond the month", "America/New_York", [2026, 10, 32], "2026-11-01T04:00:00.000Z"],
    ["where an offset has seconds", "Africa/Monrovia", [1971, 12, 20, 12, 5], "1971-12-20T12:49:30.000Z"],
  ])("%s (%s)", (_, zone, [year, month, day, hour = 0, minute = 0], moment) => {
    expect(iso(momentOf({ year, month, day, hour, minute }, zone))).toBe(moment);
  });

  it("is read back from its moment in every zone", () => {
    for (const zone of ["UTC", ...Intl.supportedValuesOf("timeZone")]) {
      const wall = { year: 2026, month: 6, day: 15, hour: 12, minute: 34, second: 56 };
      expect(wallTimeAt(momentOf(wall, zone), zone)).toEqual(wall);
    }
  });

  it("has the day of the week of its zone", () => {
    const monday = Date.UTC(2026, 10, 30, 23, 30);
    expect([weekdayAt(monday, "UTC"), weekdayAt(monday, "Europe/Berlin")]).toEqual([1, 2]);
  });
});

describe("days and months", () => {
  it("are 23, 24 or 25 hours long, and cut to the span", () => {
    const hours = (from: number, to: number) =>
      [...calendarParts({ from, to }, "day", "Europe/Berlin")].map((part) => (part.to - part.from) / 3_600_000);
    expect(hours(Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 2, 31))).toEqual([11, 23, 24, 2]);
    expect(hours(Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23))).toEqual([25]);
    expect(hours(5, 5)).toEqual([]);
  });

  it("follow each other without a gap", () => {
    const span = { from: Date.UTC(2026, 0, 15), to: Date.UTC(2027, 5, 1) };
    const parts = [...calendarParts(span, "month", "America/Sao_Paulo")];
    expect(parts).toHaveLength(17);
    expect(parts.map(({ to }) => to)).toEqual([...parts.slice(1).map(({ from }) => from), span.to]);
  });

  it("are whole where offsets have seconds", () => {
    const parts = [
      ...calendarParts({ from: Date.UTC(1972, 0, 5), to: Date.UTC(1972, 0, 9) }, "day", "Africa/Monrovia"),
    ];
    // The clock was set forward by 44 minutes and 30 seconds at midnight.
    expect(parts.map(({ to }) => iso(to))).toEqual([
      "1972-01-05T00:44:30.000Z",
      "1972-01-06T00:44:30.000Z",
      "1972-01-07T00:44:30.000Z",
      "1972-01-08T00:00:00.000Z",
      "1972-01-09T00:00:00.000Z",
    ]);
  });

  it.each([
    [
      "that came again after midnight is in the next one",
      "America/St_Johns",
      Date.UTC(2010, 10, 7, 2, 45),
      [24.75, 24, 23.25],
    ],
    ["that was left out is in none", "Pacific/Apia", Date.UTC(2011, 11, 29, 10), [24, 24, 24]],
  ])("an hour or a day %s (%s)", (_, zone, from, hours) => {
    const parts = [...calendarParts({ from, to: from + 72 * 3_600_000 }, "day", zone)];
    expect(parts.map((part) => (part.to - part.from) / 3_600_000)).toEqual(hours);
    expect(parts[0]?.from).toBe(from);
  });

  it("of one month are all of it", () => {
    const { from, to } = monthSpan({ year: 2026, month: 10 }, "Europe/Berlin");
    expect([iso(from), iso(to)]).toEqual(["2026-09-30T22:00:00.000Z", "2026-10-31T23:00:00.000Z"]);
  });

  it("need a zone that is known", () => {
    expect(["Europe/Berlin", "UTC", "Mars/Base", ""].map(isTimeZone)).toEqual([true, true, false, false]);
  });
});
