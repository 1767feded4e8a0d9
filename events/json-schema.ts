// The JSON Schemas of both event types' data, made from the zod schemas that the functions check with. As a program
// (`npm run schemas`) this file writes them to events/schema/; json-schema.test.ts fails when those files are stale.
import { mkdirSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { PULSE_TYPE, PULSES_TYPE } from "./cloud-event.ts";
import { carriedPulseSchema, pulseSchema } from "./pulse.ts";

const FOLDER = new URL("schema/", import.meta.url);
const LENGTHS = "Lengths are counted in Unicode code points. A null for an optional field counts as absent.";

const pulsesSchema = z.object({
  pulses: z.array(carriedPulseSchema).describe("In any order."),
});

/** The schemas by event type: JSON Schema draft 2020-12 of what a sender may write. */
export function jsonSchemas(): Record<string, object> {
  return {
    [PULSE_TYPE]: schemaOf(
      pulseSchema,
      PULSE_TYPE,
      "Pulse",
      `What a service says of itself: when, how slow, how healthy. The data of an event of the type ${PULSE_TYPE}, and what POST /pulse takes. ${LENGTHS}`,
    ),
    [PULSES_TYPE]: schemaOf(
      pulsesSchema,
      PULSES_TYPE,
      "Pulses",
      `Many pulses in one event: the data of an event of the type ${PULSES_TYPE}. ${LENGTHS}`,
    ),
  };
}

/** The file of an event type's schema. */
export function schemaFileOf(type: string): URL {
  return new URL(`${type}.json`, FOLDER);
}

/** A schema as the text of its file. */
export function formatSchema(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function schemaOf(schema: z.ZodType, type: string, title: string, description: string): object {
  // Members that are `unknown` to zod carry their JSON Schema as metadata.
  const made = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input", unrepresentable: "any" });
  const { $schema, title: _, description: __, ...rest } = made;
  return { $schema, $id: `urn:pulsemesh:schema:${type}`, title, description, ...rest };
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [type, schema] of Object.entries(jsonSchemas())) writeFileSync(schemaFileOf(type), formatSchema(schema));
}
