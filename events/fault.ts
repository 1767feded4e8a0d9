/** One thing that is wrong with what a client sent. The value itself is never quoted: it may be a secret, or huge. */
export interface Fault {
  /** JSON pointer (RFC 6901) into the request's data; `""` is the whole. */
  pointer: string;
  /** The rule that was broken, as "Expected …". */
  rule: string;
  /** The kind of value that stood there: `string`, `number`, `null`, `absent`, … */
  got: string;
}

/** After so many the search may end: one body of 4 MiB can hold millions, each of which costs time and memory. */
export const MAX_FAULTS = 1000;

/** Either the value, or everything that is wrong with what should have been one. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

/** The kind of a value in words that a JSON author uses. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number" && !Number.isFinite(value)) return "non-finite number";
  return typeof value;
}

/** A fault about one value. */
export function fault(pointer: string, rule: string, value: unknown): Fault {
  return { pointer, rule, got: kindOf(value) };
}

/** A refusal for one fault. */
export function refuse(pointer: string, rule: string, value: unknown): { ok: false; faults: Fault[] } {
  return { ok: false, faults: [fault(pointer, rule, value)] };
}

/** Appends path segments to a JSON pointer, escaped as RFC 6901 asks. */
export function pointerTo(base: string, path: readonly PropertyKey[]): string {
  let pointer = base;
  for (const segment of path) pointer += `/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return pointer;
}
