import { type CloudEvent, isJsonType, jsonOf, PULSE_TYPE, PULSES_TYPE } from "./cloud-event.ts";
import { type Fault, fault, MAX_FAULTS, type Parsed, refuse } from "./fault.ts";
import { healthOf } from "./health.ts";
import {
  carriedPulseSchema,
  encodePulse,
  MAX_ID_LENGTH,
  MAX_SHARED_ID_LENGTH,
  MAX_SOURCE_LENGTH,
  type Pulse,
  type PulseContext,
  parsePulse,
  pulseSchema,
  SOURCE,
  TRACEPARENT_PATTERN,
} from "./pulse.ts";
import { parseTime } from "./time.ts";

/** The source of pulses that came in as plain JSON, and of the events that carry many. */
export const INGEST_SOURCE = "/pulse";

/** The span of time a pulse may lie in, how many one event may carry, and when the event arrived. */
export interface ReceiveContext {
  /** Epoch ms; where a broker has noted an arrival, that one counts: it is the same when the event is delivered again. */
  now: number;
  retentionMs: number;
  maxPulses: number;
}

/** The pulses that an event carries, each with its identity; refused as a whole for one bad pulse. */
export function pulsesOf(event: CloudEvent, context: ReceiveContext, pointer = ""): Parsed<Pulse[]> {
  if (event.type !== PULSE_TYPE && event.type !== PULSES_TYPE) {
    return refuse(`${pointer}/type`, `Expected "${PULSE_TYPE}" or "${PULSES_TYPE}"`, event.type);
  }
  if (!isJsonType(event.datacontenttype)) {
    return refuse(`${pointer}/datacontenttype`, "Expected application/json", event.datacontenttype);
  }
  // Its pulses travel on inside another event, beside their source: what would be refused there is refused here.
  if (event.source.length > MAX_SOURCE_LENGTH) return refuse(`${pointer}/source`, SOURCE, event.source);
  const json = jsonOf(event, `${pointer}/data`);
  if (!json.ok) return json;
  const { traceparent, knativearrivaltime } = event.extensions;
  const shared: PulseContext = {
    source: event.source,
    id: event.id,
    newId: () => event.id,
    traceparent: traceparent !== undefined && TRACEPARENT_PATTERN.test(traceparent) ? traceparent : undefined,
    time: event.time === undefined ? undefined : parseTime(event.time),
    arrival: (knativearrivaltime === undefined ? undefined : parseTime(knativearrivaltime)) ?? context.now,
    now: context.now,
    retentionMs: context.retentionMs,
  };
  return event.type === PULSE_TYPE
    ? onePulse(event, json.value, shared, pointer)
    : manyPulses(event, json.value, shared, context.maxPulses, pointer);
}

function onePulse(event: CloudEvent, data: unknown, shared: PulseContext, pointer: string): Parsed<Pulse[]> {
  if (event.id.length > MAX_ID_LENGTH) return refuse(`${pointer}/id`, idRule(MAX_ID_LENGTH), event.id);
  const faults: Fault[] = [];
  const pulse = parsePulse(pulseSchema, data, shared, `${pointer}/data`, faults);
  // The event's id is the identity. Another one inside would say that two things are one, or one thing two.
  if (pulse !== undefined && pulse.id !== event.id) {
    faults.push(fault(`${pointer}/data/id`, "Expected the same id as the event's, or none", pulse.id));
  }
  return pulse === undefined || faults.length > 0 ? { ok: false, faults } : { ok: true, value: [pulse] };
}

function manyPulses(
  event: CloudEvent,
  data: unknown,
  shared: PulseContext,
  maxPulses: number,
  pointer: string,
): Parsed<Pulse[]> {
  const list = (data as { pulses?: unknown } | null)?.pulses;
  if (!Array.isArray(list)) return refuse(`${pointer}/data/pulses`, "Expected an array of pulses", list);
  if (list.length > maxPulses) {
    return refuse(`${pointer}/data/pulses`, `Expected at most ${maxPulses} pulses, got ${list.length}`, list);
  }
  if (event.id.length > MAX_SHARED_ID_LENGTH) {
    return refuse(`${pointer}/id`, idRule(MAX_SHARED_ID_LENGTH), event.id);
  }
  const faults: Fault[] = [];
  const pulses: Pulse[] = [];
  for (let i = 0; i < list.length && faults.length < MAX_FAULTS; i++) {
    shared.id = `${event.id}/${i}`;
    const pulse = parsePulse(carriedPulseSchema, list[i], shared, `${pointer}/data/pulses/${i}`, faults);
    if (pulse !== undefined) pulses.push(pulse);
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: pulses };
}

function idRule(maxLength: number): string {
  return `Expected at most ${maxLength} characters`;
}

/** One event for one pulse: `subject` and `partitionkey` name the service, so that a broker can route by them. */
export function eventOfOne(pulse: Pulse): CloudEvent {
  const { id, source, traceparent, ...fields } = pulse;
  const event: CloudEvent = {
    id,
    source,
    type: PULSE_TYPE,
    subject: pulse.service_name,
    datacontenttype: "application/json",
    extensions: { partitionkey: pulse.service_name, health: healthOf(pulse.status) },
    data: { kind: "bytes", bytes: Buffer.from(encodePulse(fields as Pulse)) },
  };
  if (traceparent !== undefined) event.extensions.traceparent = traceparent;
  return event;
}

/** One event for many pulses, each already encoded by {@link encodePulse}. */
export function eventOfMany(id: string, encoded: readonly string[]): CloudEvent {
  return {
    id,
    source: INGEST_SOURCE,
    type: PULSES_TYPE,
    datacontenttype: "application/json",
    extensions: {},
    data: { kind: "bytes", bytes: Buffer.from(`{"pulses":[${encoded.join(",")}]}`) },
  };
}
