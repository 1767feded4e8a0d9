// What a value of JSON is, as JSON Schema sees it.

/** Whether a text has more characters (Unicode code points, as in JSON Schema and zod) than `max`. */
export function isLonger(text: string, max: number): boolean {
  return text.length > max && (text.length > 2 * max || [...text].length > max);
}

/** Whether a value is an object, and neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether an optional field has no value: many serializers write null for that. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
