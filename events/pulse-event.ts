import { type CloudEvent, isJsonType, jsonOf, PULSE_TYPE, PULSES_TYPE } from "./cloud-event.ts";
import { type Fault, fault, MAX_FAULTS, objectFault, type Parsed, parsedUnless, refuse } from "./fault.ts";
import { healthOf } from "./health.ts";
import { isLonger } from "./json-value.ts";
import {
  carriedPulseSchema,
  encodePulse,
  MAX_ID_LENGTH,
  MAX_SHARED_ID_LENGTH,
  MAX_SOURCE_LENGTH,
  PULSE,
  type Pulse,
  type PulseContext,
  parsePulse,
  pulseSchema,
  SOURCE,
  traceparentOf,
} from "./pulse.ts";
import { parseTime } from "./time.ts";

/** The source of pulses that came as plain JSON, and of events with many pulses. */
export const INGEST_SOURCE = "/pulse";

/** The extension of a replayed event that says when a broker first took it. */
export const FIRST_ARRIVAL = "pulsearrival";

const PULSES = "Expected an object with an array of pulses";

/** When the event arrived, how old its pulses may be, and how many it may carry. */
export interface ReceiveContext {
  /** Epoch ms. The arrival that {@link arrivalOf} finds on the event takes precedence: it is the same at each delivery. */
  now: number;
  retentionMs: number;
  maxPulses: number;
}

/** The pulses of an event, each with its identity. One bad pulse refuses the event. */
export function pulsesOf(event: CloudEvent, context: ReceiveContext, pointer = ""): Parsed<Pulse[]> {
  if (event.type !== PULSE_TYPE && event.type !== PULSES_TYPE) {
    return refuse(`${pointer}/type`, `Expected "${PULSE_TYPE}" or "${PULSES_TYPE}"`, event.type);
  }
  if (!isJsonType(event.datacontenttype)) {
    return refuse(`${pointer}/datacontenttype`, "Expected application/json", event.datacontenttype);
  }
  // Its pulses travel on inside another event, each with this source: what is refused there is refused here.
  if (isLonger(event.source, MAX_SOURCE_LENGTH)) return refuse(`${pointer}/source`, SOURCE, event.source);
  const json = jsonOf(event, `${pointer}/data`);
  if (!json.ok) return json;
  if (typeof json.value === "string") {
    // Most SDKs make a string of JSON of data that they get as text; the JSON format forbids to parse it.
    const rule = event.type === PULSE_TYPE ? PULSE : PULSES;
    return { ok: false, faults: [objectFault(`${pointer}/data`, rule, json.value, "hand the SDK the object")] };
  }
  const { traceparent } = event.extensions;
  const shared: PulseContext = {
    source: event.source,
    id: event.id,
    newId: () => event.id,
    traceparent: traceparentOf(traceparent),
    time: parseTime(event.time),
    arrival: arrivalOf(event) ?? context.now,
    now: context.now,
    retentionMs: context.retentionMs,
  };
  return event.type === PULSE_TYPE
    ? onePulse(event, json.value, shared, pointer)
    : manyPulses(event, json.value, shared, context.maxPulses, pointer);
}

/**
 * When a broker first took an event, in epoch ms; `undefined` where none has noted it. A client that sends to a broker may set
 * {@link FIRST_ARRIVAL} itself. One after the broker's own time counts for nothing; one before it has the bounds of a pulse's time.
 */
export function arrivalOf({ extensions }: CloudEvent): number | undefined {
  const own = parseTime(extensions.knativearrivaltime);
  const first = parseTime(extensions[FIRST_ARRIVAL]);
  return first === undefined || (own !== undefined && own < first) ? own : first;
}

function onePulse(event: CloudEvent, data: unknown, shared: PulseContext, pointer: string): Parsed<Pulse[]> {
  if (isLonger(event.id, MAX_ID_LENGTH)) return refuse(`${pointer}/id`, idRule(MAX_ID_LENGTH), event.id);
  const faults: Fault[] = [];
  const pulse = parsePulse(pulseSchema, data, shared, `${pointer}/data`, faults);
  // The event's id is the pulse's identity. A different id in the data contradicts it.
  if (pulse !== undefined && pulse.id !== event.id) {
    faults.push(fault(`${pointer}/data/id`, "Expected the same id as the event's, or none", pulse.id));
  }
  return parsedUnless(faults, [pulse as Pulse]);
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
  if (isLonger(event.id, MAX_SHARED_ID_LENGTH)) {
    return refuse(`${pointer}/id`, idRule(MAX_SHARED_ID_LENGTH), event.id);
  }
  const faults: Fault[] = [];
  const pulses: Pulse[] = [];
  for (let i = 0; i < list.length && faults.length < MAX_FAULTS; i++) {
    shared.id = `${event.id}/${i}`;
    const pulse = parsePulse(carriedPulseSchema, list[i], shared, `${pointer}/data/pulses/${i}`, faults);
    if (pulse !== undefined) pulses.push(pulse);
  }
  return parsedUnless(faults, pulses);
}

function idRule(maxLength: number): string {
  return `Expected at most ${maxLength} characters`;
}

/** An id that no broker changes or refuses: it stands in a header as it is. */
const PLAIN_ID = /^[!#$&-~]+$/;
/** A source that each broker takes for a URI reference: `urn:a:b`, `https://host/path` or `/path`. */
const PLAIN_SOURCE = /^(?:[a-z][a-z0-9+.-]*:(?!\/)[\w.~:/-]+|(?:[a-z][a-z0-9+.-]*:)?[\w.~/-]+)$/i;

/**
 * Whether a pulse's identity may be an event's. Knative's broker refuses an id of blanks alone and some sources, and reads
 * `a%20b` as `a b`: such a pulse travels inside an event of many, where its identity is data.
 */
export function canBeEvent({ id, source }: Pulse): boolean {
  return PLAIN_ID.test(id) && PLAIN_SOURCE.test(source);
}

/** An event of one pulse, for which {@link canBeEvent} holds. Its `subject` and `partitionkey` name the service, so that a broker can route by it. */
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

/** An event of many pulses, already encoded by {@link encodePulse} or in one go. */
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
