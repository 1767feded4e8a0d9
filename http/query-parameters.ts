import * as z from "zod";
import { type Fault, type Parsed, pointerTo } from "../events/fault.ts";
import { parseTime } from "../events/time.ts";

/** One parameter of a URL's query: what it may hold, and what it is when it is absent. */
export interface QueryParameter<T> {
  /** What it may hold, as it follows the word "Expected". */
  expectation: string;
  /** The value, or `undefined` when the text is not what is expected. */
  parse(text: string): T | undefined;
  fallback: T;
  /** The same for a machine: the API's description is made of it. */
  schema(): z.ZodType;
}

export type QueryDefinition = Record<string, QueryParameter<unknown>>;
export type QueryValues<D extends QueryDefinition> = {
  readonly [K in keyof D]: D[K] extends QueryParameter<infer T> ? T : never;
};

/** Reads a whole query; a parameter that is unknown, repeated or wrong is a fault at `/query/<name>`. */
export function readQuery<D extends QueryDefinition>(definition: D, query: URLSearchParams): Parsed<QueryValues<D>> {
  const values: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const [name, parameter] of Object.entries(definition)) values[name] = parameter.fallback;
  for (const name of new Set(query.keys())) {
    const parameter = Object.hasOwn(definition, name) ? definition[name] : undefined;
    const texts = query.getAll(name);
    const text = texts[0] as string;
    if (parameter === undefined) {
      faults.push(faultOf(name, onlyOf(Object.keys(definition)), text));
      continue;
    }
    const value = texts.length === 1 ? parameter.parse(text) : undefined;
    if (value === undefined) {
      faults.push(texts.length > 1 ? faultOf(name, "it once", texts) : faultOf(name, parameter.expectation, text));
    }
    values[name] = value;
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: values as QueryValues<D> };
}

/** A fault about a query parameter; of the text itself only its kind is told, as everywhere. */
export function faultOf(name: string, expectation: string, value: string | readonly string[] | undefined): Fault {
  return { pointer: pointerTo("/query", [name]), rule: `Expected ${expectation}`, got: kindOf(value) };
}

/** The faults that a store found in one of its arguments, said of the query that held it. */
export function faultsInQuery(faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, pointer: `/query${fault.pointer}` }));
}

function kindOf(value: string | readonly string[] | undefined): string {
  if (value === undefined) return "absent";
  if (typeof value !== "string") return `${value.length} of them`;
  if (value === "") return "nothing";
  return /^-?\d+$/.test(value) ? "another integer" : "text";
}

function onlyOf(names: readonly string[]): string {
  return names.length === 0 ? "no parameters" : `only ${names.join(", ")}`;
}

/** A whole number with its bounds. */
export function count(min: number, max: number, fallback: number): QueryParameter<number> {
  return {
    expectation: `an integer from ${min} to ${max}`,
    fallback,
    parse: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    schema: () => z.int().min(min).max(max).default(fallback),
  };
}

/** A moment in epoch ms. */
export const moment: QueryParameter<number | undefined> = {
  expectation: "an RFC 3339 time with offset, or epoch milliseconds",
  fallback: undefined,
  // In a query a "+" that was not encoded arrives as a blank: 2026-01-02T03:04:05 01:00 can only mean +01:00.
  parse: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : parseTime(text.replace(/ (?=\d\d:\d\d$)/, "+"))),
  schema: () => z.union([z.iso.datetime({ offset: true }), z.int().min(0)]),
};

/** `true` or `false`. */
export const flag: QueryParameter<boolean | undefined> = {
  expectation: "true or false",
  fallback: undefined,
  parse: (text) => (text === "true" ? true : text === "false" ? false : undefined),
  schema: () => z.boolean(),
};

/** One word of a list. */
export function word<const T extends string>(words: readonly T[]): QueryParameter<T | undefined> {
  return {
    expectation: `one of ${words.join(", ")}`,
    fallback: undefined,
    parse: (text) => words.find((candidate) => candidate === text),
    schema: () => z.enum(words),
  };
}

/** Any text that is not empty, such as a cursor. */
export function anyText(expectation: string): QueryParameter<string | undefined> {
  return {
    expectation,
    fallback: undefined,
    parse: (text) => (text === "" ? undefined : text),
    schema: () => z.string().min(1),
  };
}
