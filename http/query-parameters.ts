import { type Fault, type Parsed, parsedUnless, pointerTo } from "../events/fault.ts";
import { parseTime } from "../events/time.ts";
import type { Field, Fields, ValuesOf } from "../settings/field.ts";

/** What clients add to an address so that no cache answers it, as jQuery does. It says nothing else. */
const CACHE_BUSTER = "_";

/** Reads a whole query; a parameter that is unknown, repeated or wrong is a fault at `/query/<name>`. */
export function readQuery<D extends Fields>(fields: D, query: URLSearchParams): Parsed<ValuesOf<D>> {
  const values: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const [name, field] of Object.entries(fields)) values[name] = field.fallback;
  for (const name of new Set(query.keys())) {
    if (name === CACHE_BUSTER) continue;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const texts = query.getAll(name);
    const text = texts[0] as string;
    if (field === undefined) {
      faults.push({ ...faultOf(name, onlyOf(Object.keys(fields)), text), got: "another parameter" });
      continue;
    }
    const value = texts.length === 1 ? field.parse(text) : undefined;
    if (value === undefined) {
      faults.push(texts.length > 1 ? faultOf(name, "it once", texts) : faultOf(name, field.expectation, text));
    }
    values[name] = value;
  }
  return parsedUnless(faults, values as ValuesOf<D>);
}

/** A fault in a query parameter. It names only the kind of the text, never the text. */
function faultOf(name: string, expectation: string, value: string | readonly string[]): Fault {
  return { pointer: pointerTo("/query", [name]), rule: `Expected ${expectation}`, got: kindOf(value) };
}

/** The fault of a span that ends before it begins, or at that moment. */
export const TO_BEFORE_FROM: Fault = {
  pointer: "/query/to",
  rule: "Expected a time after from",
  got: "one that is not after it",
};

/** The faults that a store found in one of its arguments, as faults of the query that held the argument. */
export function faultsInQuery(faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, pointer: `/query${fault.pointer}` }));
}

function kindOf(value: string | readonly string[]): string {
  if (typeof value !== "string") return `${value.length} of them`;
  if (value === "") return "nothing";
  return /^-?\d+$/.test(value) ? "another integer" : "text";
}

function onlyOf(names: readonly string[]): string {
  return names.length === 0 ? "no parameters" : `only ${names.join(", ")}`;
}

/** 2001-01-01 in epoch ms. A smaller number is a time in seconds: read as milliseconds, it would find nothing. */
const FIRST_MS = 978_307_200_000;
/** The end of the year 9999: an RFC 3339 time has four digits for the year, in answers too. */
const LAST_MS = 253_402_300_799_999;

/** A moment in epoch ms. */
export const moment: Field<number | undefined> = {
  expectation: "an RFC 3339 time with offset, or epoch milliseconds (since 2001), not seconds",
  fallback: undefined,
  // A "+" that the client did not encode arrives as a blank: 2026-01-02T03:04:05 01:00 can only mean +01:00.
  parse(text) {
    const isNumber = /^\d{1,15}$/.test(text);
    const time = isNumber ? Number(text) : parseTime(text.replace(/ (?=\d\d:\d\d$)/, "+"));
    if (time === undefined || time > LAST_MS || (isNumber && time < FIRST_MS)) return undefined;
    return time;
  },
  schema: {
    anyOf: [
      { type: "string", format: "date-time" },
      { type: "integer", minimum: FIRST_MS, maximum: LAST_MS },
    ],
  },
};
