import {
  type CloudEvent,
  CROWDED,
  isCrowded,
  isJsonType,
  mediaTypeOf,
  parseJson,
  withoutMark,
} from "../../events/cloud-event.ts";
import { type Fault, MAX_FAULTS, type Parsed, parsedUnless, refuse } from "../../events/fault.ts";
import { decodeBatch, decodeEvents, type EventMode } from "../../events/http-binding.ts";
import { type Pulse, type PulseContext, parsePulse, pulseSchema, traceparentOf } from "../../events/pulse.ts";
import { INGEST_SOURCE, pulsesOf, type ReceiveContext } from "../../events/pulse-event.ts";
import type { HttpRequest } from "../../http/route.ts";
import { uuidV7 } from "../uuid-v7.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";

/** The pulses of a request that carries CloudEvents: all or none. */
export function pulsesOfEvents(mode: EventMode, request: HttpRequest, context: ReceiveContext): Parsed<Pulse[]> {
  const faults: Fault[] = [];
  const events = eventsOf(mode, request, faults);
  const traceparent = traceparentOf(request.headers.traceparent);
  const pulses: Pulse[] = [];
  for (let i = 0; i < events.length && faults.length < MAX_FAULTS; i++) {
    if (pulses.length > context.maxPulses) break;
    const event = events[i];
    if (event === undefined) continue;
    if (traceparent !== undefined) event.extensions.traceparent ??= traceparent;
    const parsed = pulsesOf(event, context, mode === "batch" ? `/${i}` : "");
    if (parsed.ok) for (const pulse of parsed.value) pulses.push(pulse);
    else faults.push(...parsed.faults);
  }
  return finish(pulses, faults, context);
}

/** The events of a request, those of a batch also beside ones that have faults. */
function eventsOf(mode: EventMode, request: HttpRequest, faults: Fault[]): (CloudEvent | undefined)[] {
  if (mode === "batch") return decodeBatch(request.body, faults);
  const decoded = decodeEvents(mode, request.headers, request.body, request.rawHeaders);
  if (decoded.ok) return decoded.value;
  faults.push(...decoded.faults);
  return [];
}

/** `application/x-ndjson` is the usual name; there is no registered one. */
const LINES_TYPES: ReadonlySet<string> = new Set(["application/x-ndjson", "application/ndjson", "application/jsonl"]);

/** Whether a content type is that of a plain request. */
export function isPlainType(contentType: string | undefined): boolean {
  return contentType !== undefined && (isJsonType(contentType) || isLines(contentType));
}

function isLines(contentType: string | undefined): boolean {
  return LINES_TYPES.has(mediaTypeOf(contentType));
}

/** The pulses of a plain request: one pulse, an array of pulses, or a line for each. */
export function pulsesOfPlain(request: HttpRequest, context: ReceiveContext): Parsed<Pulse[]> {
  const read = idempotencyKeyOf(request);
  if (!read.ok) return read;
  const key = read.value;
  const json = isLines(request.headers["content-type"])
    ? readLines(request.body, context.maxPulses)
    : parseJson(request.body, "");
  if (!json.ok) return json;
  const isMany = Array.isArray(json.value);
  const list = isMany ? (json.value as unknown[]) : [json.value];
  if (list.length > context.maxPulses) return tooMany(context);
  const shared: PulseContext = {
    source: INGEST_SOURCE,
    id: undefined,
    newId: uuidV7,
    traceparent: traceparentOf(request.headers.traceparent),
    time: undefined,
    arrival: context.now,
    now: context.now,
    retentionMs: context.retentionMs,
  };
  const pulses: Pulse[] = [];
  const faults: Fault[] = [];
  for (let i = 0; i < list.length && faults.length < MAX_FAULTS; i++) {
    const value = list[i];
    if (value instanceof BrokenLine) {
      faults.push(...value.faults);
      continue;
    }
    if (key !== undefined) shared.id = `${key}/${i}`;
    const pulse = parsePulse(pulseSchema, value, shared, isMany ? `/${i}` : "", faults);
    if (pulse !== undefined) pulses.push(pulse);
  }
  return finish(pulses, faults, context);
}

/** Stands for a line that is no JSON, so that the faults of the other lines are found, too. */
class BrokenLine {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    this.faults = faults;
  }
}

// Stops after one line too many: a request that is refused for its number of pulses need not be parsed.
function readLines(bytes: Buffer, maxLines: number): Parsed<unknown[]> {
  if (isCrowded(bytes)) return refuse("", CROWDED, []);
  const body = withoutMark(bytes);
  const values: unknown[] = [];
  let broken = 0;
  let start = 0;
  while (start < body.length && values.length <= maxLines && broken < MAX_FAULTS) {
    const newline = body.indexOf(10, start);
    const end = newline === -1 ? body.length : newline;
    const line = body.subarray(start, end);
    start = end + 1;
    if (isBlank(line)) continue;
    const parsed = parseJson(line, `/${values.length}`);
    if (!parsed.ok) broken++;
    values.push(parsed.ok ? parsed.value : new BrokenLine(parsed.faults));
  }
  return { ok: true, value: values };
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 32 && byte !== 9 && byte !== 13) return false;
  return true;
}

function finish(pulses: Pulse[], faults: Fault[], context: ReceiveContext): Parsed<Pulse[]> {
  return faults.length === 0 && pulses.length > context.maxPulses ? tooMany(context) : parsedUnless(faults, pulses);
}

function tooMany(context: ReceiveContext): Parsed<Pulse[]> {
  return refuse("", `Expected at most ${context.maxPulses} pulses in a request`, []);
}
