// The rules of a pulse's metadata. One function checks them, instead of nested zod types, which take four times as long.
import { type Fault, fault, MAX_FAULTS, pointerTo } from "./fault.ts";
import { isLonger, isObject } from "./json-value.ts";

const MAX_ENTRIES = 32;
const MAX_KEY_LENGTH = 64;
export const MAX_VALUE_LENGTH = 1024;

const ENTRIES = `Expected an object of at most ${MAX_ENTRIES} strings`;
const KEY = `Expected a key of 1 to ${MAX_KEY_LENGTH} characters`;
const VALUE = `Expected a string of at most ${MAX_VALUE_LENGTH} characters`;

/** The same rules as JSON Schema. */
export const METADATA_SCHEMA = {
  type: ["object", "null"],
  maxProperties: MAX_ENTRIES,
  propertyNames: { minLength: 1, maxLength: MAX_KEY_LENGTH },
  additionalProperties: { type: "string", maxLength: MAX_VALUE_LENGTH },
} as const;

/** Adds the faults of a pulse's metadata. */
export function checkMetadata(value: unknown, pointer: string, faults: Fault[]): void {
  if (!isObject(value)) {
    faults.push(fault(pointer, ENTRIES, value));
    return;
  }
  let entries = 0;
  for (const key in value) {
    entries++;
    if (faults.length >= MAX_FAULTS) break;
    if (key === "" || isLonger(key, MAX_KEY_LENGTH)) {
      faults.push(fault(pointerTo(pointer, [key]), KEY, key));
    }
    const text = value[key];
    if (typeof text !== "string" || isLonger(text, MAX_VALUE_LENGTH)) {
      faults.push(fault(pointerTo(pointer, [key]), VALUE, text));
    }
  }
  if (entries > MAX_ENTRIES) faults.push(fault(pointer, ENTRIES, value));
}
