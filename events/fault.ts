/** One thing that is wrong with what a client sent. A fault never quotes the value: it may be a secret, or huge. */
export interface Fault {
  /** JSON pointer (RFC 6901) into the request's data; `""` is the whole. */
  pointer: string;
  /** The broken rule, as "Expected …". */
  rule: string;
  /** The kind of the value: `string`, `number`, `null`, `absent`, … */
  got: string;
}

/** The search may end after so many faults: a body of 4 MiB can hold millions, and each costs time and memory. */
export const MAX_FAULTS = 1000;

/** The value, or the faults of what should have been one. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

/** The kind of a value, in the words of JSON. */
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

/** A fault about a value that should be an object. A string of JSON was encoded twice: `remedy` says what to do instead. */
export function objectFault(pointer: string, rule: string, value: unknown, remedy: string): Fault {
  // Not parsed: a string of megabytes would cost more than its refusal is worth.
  const holdsJson = typeof value === "string" && /^\s*[{[]/.test(value) && /[}\]]\s*$/.test(value);
  return { pointer, rule, got: holdsJson ? `a string that holds JSON: ${remedy}` : kindOf(value) };
}

/** The value, unless there are faults. */
export function parsedUnless<T>(faults: Fault[], value: T): Parsed<T> {
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value };
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
