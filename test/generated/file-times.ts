import fc from "fast-check";
import { faulty, NumberText, type Plan, valid } from "./plan.ts";
import { validMoment } from "./times.ts";

/** A time as tools write it into files, and the moment that it names, to the ms. */
export interface FileTime {
  text: string;
  moment: number;
}

const two = (count: number) => String(count).padStart(2, "0");
/** What follows a time of UTC. */
const ZONES = ["", "Z", "z", " Z", " UTC", "UTC", " GMT", "+00", "+0000", "+00:00", "-00:00", " +0000", " +0000 UTC"];

/** The time of day in an offset, and how the offset is written. */
const offset = fc
  .tuple(fc.integer({ min: -14 * 60, max: 14 * 60 }), fc.constantFrom("", " "), fc.constantFrom("", ":"))
  .map(([minutes, blank, colon]) => {
    const size = Math.abs(minutes);
    const written = `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${colon}${two(size % 60)}`;
    return { minutes, text: blank + written };
  });
const zone = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ZONES).map((text) => ({ minutes: 0, text })) },
  { weight: 1, arbitrary: offset },
);

const dateAndTime: fc.Arbitrary<FileTime> = fc
  .record({
    at: validMoment,
    zone,
    dash: fc.constantFrom("-", "-", "/"),
    t: fc.constantFrom(" ", "T", "t"),
    detail: fc.constantFrom("minute", "second", "second", "fraction", "fraction"),
    point: fc.constantFrom(".", ".", ","),
    more: fc.stringMatching(/^[0-9]{0,6}$/),
    digits: fc.constantFrom(1, 3, 3),
  })
  .map(({ at, zone, dash, t, detail, point, more, digits }) => {
    const step = detail === "minute" ? 60_000 : detail === "second" ? 1000 : digits === 1 ? 100 : 1;
    const moment = Math.floor(at / step) * step;
    const iso = new Date(moment + zone.minutes * 60_000).toISOString();
    const date = iso.slice(0, 10).replaceAll("-", dash);
    const fraction = digits === 1 ? iso.slice(20, 21) : iso.slice(20, 23) + more;
    const rest =
      detail === "minute"
        ? iso.slice(11, 16)
        : detail === "second"
          ? iso.slice(11, 19)
          : iso.slice(11, 19) + point + fraction;
    return { text: date + t + rest + zone.text, moment };
  });

/** Seconds, ms, µs or ns since 1970. */
const epoch: fc.Arbitrary<FileTime> = fc
  .record({
    at: validMoment,
    unit: fc.constantFrom("s", "s.", "ms", "ms.", "us", "ns"),
    smaller: fc.integer({ min: 0, max: 999_999 }),
  })
  .map(({ at, unit, smaller }) => {
    const ms = String(at);
    const rest = String(smaller).padStart(6, "0");
    switch (unit) {
      case "s":
        return { text: ms.slice(0, -3), moment: Math.floor(at / 1000) * 1000 };
      case "s.":
        return { text: `${ms.slice(0, -3)}.${ms.slice(-3)}${rest.slice(0, 3)}`, moment: at };
      case "ms":
        return { text: ms, moment: at };
      case "ms.":
        return { text: `${ms}.${rest.slice(0, 2)}`, moment: at };
      case "us":
        return { text: ms + rest.slice(0, 3), moment: at };
      default:
        return { text: ms + rest, moment: at };
    }
  });

export const fileTime: fc.Arbitrary<FileTime> = fc.oneof(dateAndTime, epoch);

/** Text that is no time, or one of another century. */
export const noFileTime = fc.constantFrom(
  "yesterday",
  "12:00",
  "2026-13-01 00:00:00",
  "2027-02-29 00:00:00",
  "2026-11-30 24:00:00",
  "2026-11-30 12:60:00",
  "2026-11-30",
  "30.11.2026 12:00:00",
  "Mon, 30 Nov 2026 12:00:00 GMT",
  "2099-01-01 00:00:00",
  "4070908800",
  "4070908800000",
  "-1",
  "1e9",
  "0x5f5e100",
  "NaN",
  "123456789012345678901",
);

/** The times of a pulse that is a line of a file. */
export const lineTimes: { right: fc.Arbitrary<Plan>; wrong: fc.Arbitrary<Plan> } = {
  right: fc.tuple(fileTime, fc.boolean()).map(([{ text, moment }, isNumber]) => {
    // A double holds no nanoseconds; such a number is cut to the ms all the same.
    const mayBeNumber = isNumber && /^\d{10,17}(?:\.\d+)?$/.test(text);
    return valid(mayBeNumber ? new NumberText(text) : text, moment);
  }),
  wrong: fc
    .oneof(
      noFileTime,
      fc.constantFrom<unknown>("", true, [], {}, new NumberText("1e400"), new NumberText("4070908800")),
    )
    .map((given) => faulty(given, "")),
};
