/** One setting: an environment variable, what it may hold, and what it is for. */
export interface Setting<T> {
  variable: string;
  /** What it may hold, as it follows the word "Expected". */
  expectation: string;
  /** The default as a user would write it; `undefined` when there is none. */
  defaultText: string | undefined;
  /** One sentence. */
  doc: string;
  /** The value, or `undefined` when the text is not what is expected. */
  parse(text: string): T | undefined;
  /** What it is when the variable is absent or empty. */
  fallback: T;
}

type Definition = Record<string, Setting<unknown>>;
export type SettingsOf<D extends Definition> = { readonly [K in keyof D]: D[K] extends Setting<infer T> ? T : never };

/** Thrown at start for wrong settings; the message has a line for each of them. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Reads all settings of a definition at once. @throws {SettingsError} naming every variable that is wrong. */
export function readSettings<D extends Definition>(definition: D, env: NodeJS.ProcessEnv): SettingsOf<D> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [key, setting] of Object.entries(definition)) {
    const text = env[setting.variable]?.trim();
    if (text === undefined || text === "") {
      values[key] = setting.fallback;
      continue;
    }
    const value = setting.parse(text);
    if (value === undefined) {
      faults.push(`${setting.variable}: Expected ${setting.expectation}, got ${quote(text)}`);
    }
    values[key] = value;
  }
  if (faults.length > 0) throw new SettingsError(faults.join("\n"));
  return values as SettingsOf<D>;
}

// A URL's password, its query and whatever is long are kept out of the message: it ends in a log.
function quote(text: string): string {
  const shown = text.replace(/\/\/[^@/\s]+@/, "//…@").replace(/(\/\/[^?\s]*\?).+/, "$1…");
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}

/** A whole number with its bounds. */
export function integer(
  variable: string,
  { fallback, min, max, doc }: { fallback: number; min: number; max: number; doc: string },
): Setting<number> {
  return {
    variable,
    expectation: `an integer from ${min} to ${max}`,
    defaultText: String(fallback),
    doc,
    fallback,
    parse: (text) => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** One word of a list. */
export function choice<const T extends string>(
  variable: string,
  { values, fallback, doc }: { values: readonly T[]; fallback: NoInfer<T>; doc: string },
): Setting<T> {
  return {
    variable,
    expectation: `one of ${values.join(", ")}`,
    defaultText: fallback,
    doc,
    fallback,
    parse: (text) => values.find((value) => value === text),
  };
}

/** Any text, such as a file's path. */
export function text<const T extends string | undefined = undefined>(
  variable: string,
  { fallback, doc, expectation }: { fallback?: T; doc: string; expectation: string },
): Setting<T extends string ? string : string | undefined> {
  type Value = T extends string ? string : string | undefined;
  return {
    variable,
    expectation,
    defaultText: fallback,
    doc,
    fallback: fallback as unknown as Value,
    parse: (value) => value as Value,
  };
}

/** An http or https URL. */
export function httpUrl(variable: string, { doc }: { doc: string }): Setting<URL | undefined> {
  return {
    variable,
    expectation: "an http:// or https:// URL",
    defaultText: undefined,
    doc,
    fallback: undefined,
    parse: (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      return url?.protocol === "http:" || url?.protocol === "https:" ? url : undefined;
    },
  };
}
