// The parameters of a question: their texts, right and wrong, and how a client may encode them.
import fc from "fast-check";
import { text } from "./texts.ts";
import { rfc3339Text, validMoment, wrongTimeText } from "./times.ts";

/** A parameter's text, and its value or, without one, a fault. */
export interface Parameter {
  text: string;
  value?: number;
}
export type Texts = readonly (readonly [name: string, parameter: Parameter])[];

const moment: fc.Arbitrary<Parameter> = fc.oneof(
  validMoment.map((ms) => ({ text: String(ms), value: ms })),
  rfc3339Text.map(({ given, stored }) => ({ text: given, value: stored })),
);
const noMoment: fc.Arbitrary<Parameter> = fc
  .oneof(
    wrongTimeText.filter((one) => !/^\d{13,15}$/.test(one)),
    validMoment.map((ms) => String(Math.floor(ms / 1000))),
    validMoment.map((ms) => `${ms}000`),
    fc.constantFrom(
      "",
      "-1",
      "1e13",
      "0x19A",
      "NaN",
      "+1764460000000",
      "1764460000000.5",
      "1764460000000 ",
      "١٧٦٤٤٦٠٠٠٠٠٠٠",
    ),
  )
  .map((one) => ({ text: one.toWellFormed() }));

export const count = (max: number): fc.Arbitrary<Parameter> =>
  fc.oneof(fc.integer({ min: 1, max }), fc.constantFrom(1, max)).map((value) => ({ text: String(value), value }));
export const noCount = (max: number): fc.Arbitrary<Parameter> =>
  fc
    .constantFrom(
      "",
      "0",
      "-1",
      "1.5",
      "1e1",
      "0x1",
      " 1",
      "1 ",
      "+1",
      "ten",
      "NaN",
      "١",
      String(max + 1),
      "9".repeat(400),
    )
    .map((one) => ({ text: one }));

const unknownName = fc
  .oneof(fc.constantFrom("colour", "From", "__proto__", "a/b", "~", "from[]", ""), text(1, 8))
  .filter(
    (name) =>
      !["_", "from", "to", "limit", "cursor", "buckets", "reason", "service", "replayed", "again"].includes(name),
  );

/** The parameters, of which some are left out, and now and then one that is wrong. */
export function parametersOf(
  known: Record<string, [right: fc.Arbitrary<Parameter>, wrong: fc.Arbitrary<Parameter>]>,
): fc.Arbitrary<Texts> {
  const names = Object.keys(known);
  const right = fc
    .tuple(...names.map((name) => fc.option((known[name] as [fc.Arbitrary<Parameter>, unknown])[0])))
    .map((all) => all.flatMap((one, i) => (one === null ? [] : [[names[i] as string, one] as const])));
  const wrong = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Texts>([]) },
    ...names.map((name) => ({
      weight: 1,
      arbitrary: (known[name] as [unknown, fc.Arbitrary<Parameter>])[1].map((one): Texts => [[name, one]]),
    })),
    { weight: 1, arbitrary: unknownName.map((name): Texts => [[name, { text: "1" }]]) },
    { weight: 1, arbitrary: fc.constant<Texts>([["_", { text: "1764460000000", value: 0 }]]) },
  );
  return fc.tuple(right, wrong).map(([all, more]) => [...all, ...more]);
}

export const spanParameters = { from: [moment, noMoment], to: [moment, noMoment] } satisfies Parameters<
  typeof parametersOf
>[0];

/** Percent-encodes a text: all that must be, or more than must be; an unencoded `+` stays where it can only be an offset's. */
function encodedBy(how: "least" | "most"): (one: string) => string {
  return (one) => {
    const bytes = encodeURIComponent(one.toWellFormed());
    return how === "least"
      ? bytes.replaceAll("%3A", ":")
      : bytes.replace(/[A-Za-z0-9]/g, (letter, at) =>
          bytes[at - 1] === "%" || bytes[at - 2] === "%" ? letter : `%${letter.charCodeAt(0).toString(16)}`,
        );
  };
}

/** The places of the parameters' faults. */
export function faultsOf(parameters: Texts): string[] {
  const names = parameters.map(([name]) => name);
  return parameters.flatMap(([name, { value }]) => {
    if (name === "_") return [];
    const isTwice = names.indexOf(name) !== names.lastIndexOf(name);
    return value === undefined || isTwice
      ? [`/query/${name.toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1")}`]
      : [];
  });
}

/** How a client encodes its texts. */
export const encoding = fc.constantFrom("least" as const, "most" as const).map(encodedBy);
