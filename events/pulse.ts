// The pulse: what a service says of itself. The zod schema below is the one statement of its rules, and the source of the
// JSON Schemas in events/schema/. One function checks metadata and one the time, instead of nested zod types: measured,
// 0.8 µs a pulse instead of 3.0.
import * as z from "zod";
import { type Fault, fault, pointerTo } from "./fault.ts";
import { isAbsent, isObject } from "./json-value.ts";
import { checkMetadata, METADATA_SCHEMA } from "./metadata.ts";
import { isTimely, TIME_FORM, type Timeliness, timeFault, timeOf, timeRule } from "./pulse-time.ts";
import { DAY_MS } from "./time.ts";
import { collectFaults } from "./zod-faults.ts";

/** A pulse that keeps every rule, with the fields filled in that a sender may leave out. */
export interface Pulse {
  service_name: string;
  /** Epoch milliseconds. */
  event_time: number;
  /** Set when the sender gave an identity but no time: the same pulse, sent again, arrives at another time. */
  is_time_of_arrival?: true;
  /** Milliseconds. */
  latency_ms: number;
  status: string;
  metadata?: Record<string, string>;
  id: string;
  source: string;
  /** W3C trace context of the request that brought the pulse. */
  traceparent?: string;
}

export const MAX_LATENCY_MS = DAY_MS;
export const MAX_ID_LENGTH = 128;
/** An identity for many pulses together (a key, an event's id) leaves room for "/" and the position. */
export const MAX_SHARED_ID_LENGTH = 120;
export const MAX_SOURCE_LENGTH = 512;

export const PULSE = "Expected a pulse: an object";
/** What the name of a service looks like. */
export const SERVICE_NAME_FORM = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;
export const SERVICE_NAME_RULE =
  "Expected text of 1 to 128 characters of A–Z a–z 0–9 . _ : / - that start with a letter or digit";
const LATENCY = `Expected milliseconds as a finite number from 0 to ${MAX_LATENCY_MS}`;
const STATUS = "Expected text of 1 to 64 characters, or a number";
const ID = `Expected text of 1 to ${MAX_ID_LENGTH} characters`;
export const SOURCE = `Expected a URI reference of 1 to ${MAX_SOURCE_LENGTH} characters`;
const WELL_FORMED = "Expected Unicode text without lone surrogates";
const TRACEPARENT = "Expected a W3C traceparent";
const TRACEPARENT_PATTERN = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** One pulse as a client sends it. */
export const pulseSchema = z
  .strictObject(
    {
      service_name: z
        .string(SERVICE_NAME_RULE)
        .regex(SERVICE_NAME_FORM, SERVICE_NAME_RULE)
        .describe("The service that pulses."),
      event_time: z
        .unknown()
        .optional()
        .meta({
          description:
            "The time of the pulse: RFC 3339 with offset, or epoch ms. Absent: the event's time, else its arrival.",
          anyOf: [{ type: "string", format: "date-time" }, { type: ["integer", "null"] }],
        }),
      latency_ms: z
        .number(LATENCY)
        .min(0, LATENCY)
        .max(MAX_LATENCY_MS, LATENCY)
        .describe("The latency in milliseconds."),
      status: z
        .string(STATUS)
        .min(1, STATUS)
        .max(64, STATUS)
        .meta({
          description: "The status, as free text or an HTTP status. A number counts as its text.",
          type: ["string", "number"],
        }),
      metadata: z
        .unknown()
        .optional()
        .meta({ description: "Anything else worth knowing.", ...METADATA_SCHEMA }),
      id: z
        .string(ID)
        .min(1, ID)
        .max(MAX_ID_LENGTH, ID)
        .nullish()
        .describe("The identity, together with the source: a pulse that is sent again with it is the same pulse."),
    },
    PULSE,
  )
  .meta({ title: "Pulse", description: "What a service says of itself: when, how slow, how healthy." });

/** One pulse inside a `dev.pulsemesh.pulses.v1` event, whose source may differ from the event's. */
export const carriedPulseSchema = pulseSchema.extend({
  source: z
    .string(SOURCE)
    .min(1, SOURCE)
    .max(MAX_SOURCE_LENGTH, SOURCE)
    .nullish()
    .describe("Where the pulse comes from. Absent: the event's source."),
  traceparent: z.string(TRACEPARENT).regex(TRACEPARENT_PATTERN, TRACEPARENT).nullish().describe("W3C trace context."),
});

/** What fills in the fields that a sender left out, and the span in which a pulse's time may lie. */
export interface PulseContext extends Timeliness {
  source: string;
  /** The identity that the sender gave outside the field `id`, if any. */
  id: string | undefined;
  /** Makes an identity for a pulse without one. */
  newId: () => string;
  traceparent: string | undefined;
  /** The time, in epoch ms, that the sender gave outside the field `event_time`. */
  time: number | undefined;
  /** Arrival in epoch ms: the time of a pulse without one. */
  arrival: number;
}

/**
 * Checks one pulse. Adds every fault to `faults`, and returns the pulse if there is none.
 * @param schema {@link pulseSchema} for what clients send, {@link carriedPulseSchema} inside PulseMesh's events.
 */
export function parsePulse(
  schema: typeof pulseSchema | typeof carriedPulseSchema,
  input: unknown,
  context: PulseContext,
  pointer: string,
  faults: Fault[],
): Pulse | undefined {
  const before = faults.length;
  const parsed = schema.safeParse(withStatusText(input));
  if (!parsed.success)
    collectFaults(parsed.error.issues, { value: input, pointer, unknownField: UNKNOWN_FIELD }, faults);
  const fields = (parsed.success ? parsed.data : isObject(input) ? input : {}) as z.infer<typeof carriedPulseSchema>;
  const { event_time, metadata } = fields;
  if (!isAbsent(metadata)) checkMetadata(metadata, `${pointer}/metadata`, faults);
  const given = isAbsent(event_time) ? context.time : timeOf(event_time);
  if (given === undefined && !isAbsent(event_time)) {
    faults.push(timeFault(pointer, TIME_FORM, event_time));
  }
  const time = given ?? context.arrival;
  if (!isTimely(time, context)) {
    faults.push(timeFault(pointer, timeRule(context), event_time));
  }
  if (faults.length === before) checkText(fields, pointer, faults);
  if (faults.length > before) return undefined;
  const givenId = fields.id ?? context.id;
  const pulse: Pulse = {
    service_name: fields.service_name,
    event_time: time,
    latency_ms: fields.latency_ms,
    status: fields.status,
    id: givenId ?? context.newId(),
    source: fields.source ?? context.source,
  };
  if (given === undefined && givenId !== undefined) pulse.is_time_of_arrival = true;
  if (!isAbsent(metadata)) pulse.metadata = metadata as Record<string, string>;
  const traceparent = fields.traceparent ?? context.traceparent;
  if (traceparent !== undefined) pulse.traceparent = traceparent;
  return pulse;
}

/** A W3C traceparent; `undefined` for anything else. */
export function traceparentOf(value: unknown): string | undefined {
  return typeof value === "string" && TRACEPARENT_PATTERN.test(value) ? value : undefined;
}

/** The pulse as JSON inside an event of PulseMesh. {@link parsePulse} reads it back with {@link carriedPulseSchema}. */
export function encodePulse(pulse: Pulse): string {
  return JSON.stringify(carried(pulse));
}

/** Pulses as {@link encodePulse} writes each, with commas between: in one go, which takes a third less for each. */
export function encodePulses(pulses: readonly Pulse[]): string {
  return JSON.stringify(pulses.map(carried)).slice(1, -1);
}

function carried(pulse: Pulse): object {
  return {
    service_name: pulse.service_name,
    event_time: pulse.is_time_of_arrival ? undefined : pulse.event_time,
    latency_ms: pulse.latency_ms,
    status: pulse.status,
    metadata: pulse.metadata,
    id: pulse.id,
    source: pulse.source,
    traceparent: pulse.traceparent,
  };
}

// The status of HTTP is a number in most languages.
function withStatusText(input: unknown): unknown {
  if (!isObject(input) || !Number.isFinite(input.status)) return input;
  return { ...input, status: String(input.status) };
}

// JSON can escape a lone surrogate. In the UTF-8 of a store all of them become the same character: two ids would be one.
function checkText(fields: z.infer<typeof carriedPulseSchema>, pointer: string, faults: Fault[]): void {
  const { id, source, status, metadata } = fields;
  if (!status.isWellFormed()) faults.push(fault(`${pointer}/status`, WELL_FORMED, status));
  if (id?.isWellFormed() === false) faults.push(fault(`${pointer}/id`, WELL_FORMED, id));
  if (source?.isWellFormed() === false) faults.push(fault(`${pointer}/source`, WELL_FORMED, source));
  for (const key in metadata as Record<string, string> | undefined) {
    const text = (metadata as Record<string, string>)[key] as string;
    if (!key.isWellFormed() || !text.isWellFormed()) {
      faults.push(fault(pointerTo(`${pointer}/metadata`, [key]), WELL_FORMED, text));
    }
  }
}

const UNKNOWN_FIELD =
  "Expected only service_name, event_time, latency_ms, status, metadata and id: put anything else under metadata";
