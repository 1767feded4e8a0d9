// The markers of a service, as answers.ts has the other answers.
import * as z from "zod";
import { httpUrl } from "../../settings/field.ts";
import { named, time } from "./answers.ts";

const TEXT = "Expected a text of 1 to 200 characters";
const ID = "Expected a text of 1 to 128 characters";
const LINK = `Expected ${httpUrl.expectation}, of at most 2000 characters`;

/** The body that marks a moment. */
export const markerBody = z
  .strictObject(
    {
      text: z.string(TEXT).min(1, TEXT).max(200, TEXT).describe("What changed."),
      time: z.iso
        .datetime({ offset: true, error: "Expected an RFC 3339 time such as 2026-12-24T22:00:00Z" })
        .nullish()
        .describe("Absent or null: that of the marker with the same id, else now."),
      id: z
        .string(ID)
        .min(1, ID)
        .max(128, ID)
        .nullish()
        .describe("The marker takes the place of the one with the same id. Absent or null: a new one."),
      link: z
        .string(LINK)
        .max(2000, LINK)
        .refine((value) => httpUrl.parse(value) !== undefined, LINK)
        .nullish()
        .describe("Where to read more."),
    },
    "Expected an object with text",
  )
  .register(named, { id: "NewMarker", description: "A moment at which something changed, such as a deploy." });

export const markerView = z
  .object({ id: z.string(), time, text: z.string(), link: z.string().nullable() })
  .register(named, { id: "Marker", description: "A moment at which something changed, as somebody said it." });

export const markersAnswer = z
  .object({
    service_name: z.string(),
    from: time,
    to: time,
    markers: z.array(markerView).describe("Oldest first."),
    versions: z
      .array(z.object({ time, version: z.string() }))
      .describe(
        "When pulses began to say another `metadata.version` or `service.version`: oldest first, of what is stored, to a second. One that lasted for less than a sixtieth of the span may be missing.",
      ),
  })
  .register(named, { id: "Markers", description: "What changed with a service in a span." });

export type MarkerView = z.infer<typeof markerView>;
export type MarkersAnswer = z.infer<typeof markersAnswer>;
