import type * as z from "zod";
import { parseJson } from "../../events/cloud-event.ts";
import type { Fault, Parsed } from "../../events/fault.ts";
import { collectFaults } from "../../events/zod-faults.ts";

/** Reads a body in JSON by its schema, which takes no other fields. Each of its faults is listed. */
export function readJsonBody<Schema extends z.ZodObject>(schema: Schema, body: Buffer): Parsed<z.infer<Schema>> {
  const json = parseJson(body, "");
  if (!json.ok) return json;
  const read = schema.safeParse(json.value);
  if (read.success) return { ok: true, value: read.data };
  const faults: Fault[] = [];
  const unknownField = `Expected only ${Object.keys(schema.shape).join(", ")}`;
  collectFaults(read.error.issues, { value: json.value, pointer: "", unknownField }, faults);
  return { ok: false, faults };
}
