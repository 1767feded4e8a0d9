import fc from "fast-check";
import { faulty, NumberText, type Plan, valid } from "./plan.ts";
import { brokenText } from "./texts.ts";

/** The moment around which times are made, in epoch ms. */
export const NOW = Date.now();
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** How old a pulse may be (docs/api.md), less what the test may take. */
const OLDEST_MS = 30 * DAY_MS - 2 * 3_600_000;

export const validMoment = fc
  .oneof(fc.integer({ min: -2 * MINUTE_MS, max: OLDEST_MS }), fc.constantFrom(0, 1, 999, 1000, -MINUTE_MS, OLDEST_MS))
  .map((age) => NOW - age);
const wrongMoment = fc
  .oneof(fc.integer({ min: 31 * DAY_MS, max: 20_000 * DAY_MS }), fc.integer({ min: -100_000 * DAY_MS, max: -DAY_MS }))
  .map((age) => NOW - age);

interface Form {
  offset: number;
  t: string;
  z: string;
  fraction: string;
  hasFraction: boolean;
}
const form: fc.Arbitrary<Form> = fc.record({
  offset: fc.oneof(fc.constant(0), fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 })),
  t: fc.constantFrom("T", "T", "T", "t", " "),
  z: fc.constantFrom("Z", "Z", "z", "+00:00", "-00:00"),
  fraction: fc.stringMatching(/^[0-9]{0,9}$/),
  hasFraction: fc.boolean(),
});

/** RFC 3339, section 5.6. @returns the text, and the moment that it names to the ms */
export function rfc3339(
  moment: number,
  { offset, t, z, fraction, hasFraction }: Form,
): { given: string; stored: number } {
  const whole = hasFraction ? moment : Math.floor(moment / 1000) * 1000;
  const iso = new Date(whole + offset * MINUTE_MS).toISOString();
  const two = (count: number) => String(count).padStart(2, "0");
  const size = Math.abs(offset);
  const zone = offset === 0 ? z : `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  const given = `${iso.slice(0, 10)}${t}${iso.slice(11, 19)}${hasFraction ? iso.slice(19, 23) + fraction : ""}${zone}`;
  return { given, stored: whole };
}

export const rfc3339Text = fc.tuple(validMoment, form).map(([moment, how]) => rfc3339(moment, how));

/** The second that ends a day may be a leap second: 23:59:60 is the midnight after it, at any offset. */
const leapSecond = fc
  .tuple(fc.integer({ min: 0, max: 28 }), form)
  .map(([days, how]): { given: string; stored: number } => {
    const midnight = Math.floor(NOW / DAY_MS) * DAY_MS - days * DAY_MS;
    const { given } = rfc3339(midnight - 1000, how);
    return { given: given.replace(/:59(?=\.|z|[+-]\d\d:\d\d$)/i, ":60"), stored: midnight };
  });

/** The text of a time in a CloudEvent, or in a pulse. */
export const timeText: fc.Arbitrary<Plan> = fc
  .oneof({ weight: 9, arbitrary: rfc3339Text }, { weight: 1, arbitrary: leapSecond })
  .map(({ given, stored }) => valid(given, stored));

/** The time of a pulse. */
export const eventTime: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 6, arbitrary: timeText },
  { weight: 4, arbitrary: validMoment.map((moment) => valid(moment)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(validMoment, fc.constantFrom(".0", ".000", "e0", "E+0", "0e-1"))
      .map(([moment, end]) => valid(new NumberText(`${moment}${end}`), moment)),
  },
);

/** Other forms of ISO 8601, and what other tools write: RFC 3339 has none of them. */
const otherForms = validMoment.chain((moment) => {
  const iso = new Date(moment).toISOString();
  const date = iso.slice(0, 10);
  return fc.constantFrom(
    "",
    " ",
    date,
    iso.slice(0, 23),
    `${iso.slice(0, 16)}Z`,
    `${iso.slice(0, 13)}Z`,
    `${iso.slice(0, 19)},123Z`,
    `${iso.slice(0, 19)}.Z`,
    iso.replaceAll(/[-:]/g, ""),
    `${iso.slice(0, 4)}-W10-1T10:00:00Z`,
    `${iso.slice(0, 4)}-100T10:00:00Z`,
    `+00${iso}`,
    `-${iso}`,
    ` ${iso}`,
    `${iso} `,
    `${iso}\n`,
    `${iso.slice(0, 23)}+0100`,
    `${iso.slice(0, 23)}+01`,
    `${iso.slice(0, 23)}+24:00`,
    `${iso.slice(0, 23)}+01:60`,
    `${iso.slice(0, 23)} UTC`,
    `${iso.slice(0, 23)}[UTC]`,
    `${iso}/P1D`,
    `${date}T24:00:00Z`,
    `${date}T23:60:00Z`,
    `${date}T12:00:60Z`,
    `${date}T23:59:61Z`,
    `${iso.slice(0, 7)}-00T00:00:00Z`,
    `${iso.slice(0, 7)}-32T00:00:00Z`,
    `${iso.slice(0, 4)}-02-30T00:00:00Z`,
    `${iso.slice(0, 4)}-13-01T00:00:00Z`,
    "2027-02-29T00:00:00Z",
    new Date(moment).toUTCString(),
    String(moment),
    "now",
    "٢٠٢٦-١١-٢٩T١٠:٠٠:٠٠Z",
  );
});

export const wrongTimeText = fc.oneof(otherForms, brokenText);

export const wrongEventTime: fc.Arbitrary<Plan> = fc
  .oneof(
    { weight: 4, arbitrary: wrongTimeText },
    { weight: 2, arbitrary: wrongMoment },
    { weight: 1, arbitrary: fc.tuple(wrongMoment, form).map(([moment, how]) => rfc3339(moment, how).given) },
    { weight: 1, arbitrary: validMoment.map((moment) => Math.floor(moment / 1000)) },
    { weight: 1, arbitrary: validMoment.map((moment) => moment + 0.5) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("1e400", "-1e400", "1e20", "9007199254740993", "-0", "-1", "0", "5e-324")
        .map((number) => new NumberText(number)),
    },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(true, false, [], {}, [NOW], { $date: NOW }) },
  )
  .map((given) => faulty(given, ""));
