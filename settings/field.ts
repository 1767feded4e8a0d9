/** What one text may hold, wherever it stands: in an environment variable, a URL's query or a command line. */
export interface Field<T> {
  /** Follows the word "Expected" in every message. */
  expectation: string;
  /** The value, or `undefined` when the text is not as expected. */
  parse(text: string): T | undefined;
  /** The value when there is no text. */
  fallback: T;
  /** The same rule as JSON Schema, for the description of the API. */
  schema: Readonly<Record<string, unknown>>;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type ValuesOf<D extends Fields> = { readonly [K in keyof D]: D[K] extends Field<infer T> ? T : never };

interface Bounds<F> {
  min: number;
  max: number;
  fallback?: F;
}

/** A whole number in decimal digits. */
export function integer<F extends number | undefined = undefined>(bounds: Bounds<F>): Field<number | F> {
  return numeric(bounds, { kind: "an integer", type: "integer", form: /^\d+$/ });
}

/** A decimal number, with or without a fraction and an exponent. */
export function number<F extends number | undefined = undefined>(bounds: Bounds<F>): Field<number | F> {
  return numeric(bounds, { kind: "a number", type: "number", form: /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i });
}

function numeric<F extends number | undefined>(
  { min, max, fallback }: Bounds<F>,
  { kind, type, form }: { kind: string; type: string; form: RegExp },
): Field<number | F> {
  return {
    expectation: `${kind} from ${min} to ${max}`,
    fallback: fallback as F,
    parse: (text) => {
      // The form comes first: Number("") is 0 and Number("0x10") is 16.
      const value = form.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    schema: { type, minimum: min, maximum: max },
  };
}

/** One word of a list. */
export function word<const T extends string, F extends T | undefined = undefined>(
  words: readonly T[],
  fallback?: F,
): Field<T | F> {
  return {
    expectation: `one of ${words.join(", ")}`,
    fallback: fallback as F,
    parse: (text) => words.find((candidate) => candidate === text),
    schema: { type: "string", enum: words },
  };
}

/** Any text that is not empty, such as a file's path. */
export function text<F extends string | undefined = undefined>(expectation: string, fallback?: F): Field<string | F> {
  return parsedText(expectation, (value) => (value === "" ? undefined : value), fallback);
}

/** A text of a form that no other field has. */
export function parsedText<T, F extends T | undefined = undefined>(
  expectation: string,
  parse: (text: string) => T | undefined,
  fallback?: F,
): Field<T | F> {
  return { expectation, fallback: fallback as F, parse, schema: { type: "string", minLength: 1 } };
}

/** `true` or `false`. */
export const flag: Field<boolean | undefined> = {
  expectation: "true or false",
  fallback: undefined,
  parse: (value) => (value === "true" ? true : value === "false" ? false : undefined),
  schema: { type: "boolean" },
};

/** An http or https URL. It names no user and no password, because URLs end in logs and on the page. */
export const httpUrl: Field<URL | undefined> = parsedText("an http:// or https:// URL without a user", (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "") return undefined;
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
});

/**
 * A refused text as a message shows it: without a URL's password and query, and short, because messages end in logs. It may be as
 * long as a header: every step takes time in proportion to it.
 */
export function quote(value: string): string {
  const shown = withoutQuery(withoutUser(value));
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}

function withoutUser(value: string): string {
  const at = value.lastIndexOf("@");
  if (at === -1) return value;
  const scheme = /^[a-z][a-z\d+.-]*:[\\/]*/i.exec(value)?.[0] ?? "";
  return `${scheme}…${value.slice(at)}`;
}

function withoutQuery(value: string): string {
  const host = value.indexOf("//");
  const query = host === -1 ? -1 : value.indexOf("?", host) + 1;
  return query > 0 && query < value.length ? `${value.slice(0, query)}…` : value;
}
