import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** A command line that is not understood; its message says what was expected, got, and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Flags = Record<string, { type: "string" } | { type: "boolean" }>;
type Values<F extends Flags> = {
  [K in keyof F]?: F[K] extends { type: "string" } ? string : boolean;
};

/** Reads a command line of options alone. @throws {UsageError} */
export function readFlags<const F extends Flags>(args: readonly string[], flags: F): Values<F> {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }).values as Values<F>;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\.\s/)[0]}. See --help.`);
  }
}

/** The number that an option gives. @throws {UsageError} */
export function numberOf(
  option: string,
  text: string | undefined,
  { fallback, min, max, isWhole = true }: { fallback: number; min: number; max: number; isWhole?: boolean },
): number {
  if (text === undefined) return fallback;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return value;
  throw new UsageError(
    `Expected --${option} to be ${isWhole ? "a whole number" : "a number"} from ${min} to ${max}, got ${JSON.stringify(text)}`,
  );
}

/** The http address that an option gives; without a path it is that of POST /pulse. @throws {UsageError} */
export function urlOf(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new UsageError(
      `Expected --${option} to be an http:// or https:// address such as http://localhost:8080/pulse, got ${JSON.stringify(text)}`,
    );
  }
  if (url.pathname === "/") url.pathname = "/pulse";
  return url;
}

/** The bearer token in a file: its first word, so that a file of tokens will do. @throws {UsageError} */
export function tokenIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`Expected --token-file to name a file that can be read, got ${file}: ${codeOf(error)}`);
  }
  const token = /^[ \t]*([^\s#]\S*)/m.exec(text)?.[1];
  if (token !== undefined && /^[!-~]+$/.test(token)) return token;
  throw new UsageError(`Expected --token-file to hold a token in printable ASCII, got none in ${file}`);
}

/** What went wrong with a file, in words. */
export function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return { ENOENT: "there is none", EACCES: "permission denied", EISDIR: "it is a folder" }[code ?? ""] ?? message;
}
