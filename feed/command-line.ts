import { parseArgs } from "node:util";
import { type Field, flag, quote, type ValuesOf } from "../settings/field.ts";

/** A wrong command line. The message says what was expected, what was given, and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** One option of a command line: `--name VALUE`, or a switch, which has no value. */
export interface Option<T> extends Field<T> {
  /** Stands for the value in the help, such as FILE; `undefined` for a switch. */
  value: string | undefined;
  /** What the option is for. After a colon at its end the help adds what the value may be. */
  help: string;
}

type Options = Readonly<Record<string, Option<unknown>>>;

export function option<T>(value: string, field: Field<T>, help: string): Option<T> {
  return { ...field, value, help };
}

export function switchOption(help: string): Option<boolean> {
  return { ...flag, fallback: false, value: undefined, help };
}

/** Reads a command line; `undefined` when it asks for help. The option of a key `retryFor` is `--retry-for`. @throws {UsageError} */
export function readOptions<O extends Options>(args: readonly string[], options: O): ValuesOf<O> | undefined {
  const texts = textsOf(args, options);
  if (texts.help) return undefined;
  const values: Record<string, unknown> = {};
  for (const [key, { expectation, fallback, parse }] of Object.entries(options)) {
    const text = texts[nameOf(key)]?.toString();
    values[key] = text === undefined ? fallback : parse(text);
    if (text !== undefined && values[key] === undefined) {
      throw new UsageError(`Expected --${nameOf(key)} to be ${expectation}, got ${quote(text)}`);
    }
  }
  return values as ValuesOf<O>;
}

function textsOf(args: readonly string[], options: Options): Record<string, string | boolean | undefined> {
  const types = Object.entries(options).map(([key, { value }]) => {
    return [nameOf(key), { type: value === undefined ? "boolean" : "string" }] as const;
  });
  try {
    return parseArgs({ args: [...args], options: { ...Object.fromEntries(types), help: { type: "boolean" } } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\.\s/)[0]}. See --help.`);
  }
}

function nameOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const HELP_COLUMN = 25;
const HELP_WIDTH = 95;

/** The options as a help text shows them, one below the other. */
export function helpOf(options: Options): string {
  return Object.entries(options)
    .map(([key, { value, help, expectation, fallback }]) => {
      const rule = help.endsWith(":") ? ` ${expectation}.` : "";
      const standard = value === undefined || fallback === undefined ? "" : ` Default: ${fallback}.`;
      const lines = `${help}${rule}${standard}`.match(new RegExp(`.{1,${HELP_WIDTH}}(?: |$)`, "g")) ?? [];
      const head = `  --${nameOf(key)} ${value ?? ""}`.padEnd(HELP_COLUMN);
      return head + lines.map((line) => line.trimEnd()).join(`\n${" ".repeat(HELP_COLUMN)}`);
    })
    .join("\n");
}
