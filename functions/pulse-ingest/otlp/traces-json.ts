// ExportTraceServiceRequest in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hex, enums as
// numbers or by name, 64 bits as a number or a string, unknown fields passed over. A field of another type counts as absent, so
// that a wrong span is one rejected span: the JS exporter writes null for NaN.
import { parseJson } from "../../../events/cloud-event.ts";
import { type Parsed, refuse } from "../../../events/fault.ts";
import { isObject } from "../../../events/json-value.ts";
import { candidateOf, Resource, Span, type VisitSpan } from "./span.ts";

/** The least attribute, `{"key":"","value":{}}`, takes 10 bytes for each of its two objects. */
const MIN_BYTES_PER_PART = 10;

const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map(
  (name) => `SPAN_KIND_${name}`,
);
const STATUS_CODES = ["UNSET", "OK", "ERROR"].map((name) => `STATUS_CODE_${name}`);

/** Calls `visit` for each span of a request, in order; gives the fault of what is no request, and has then called nothing. */
export function readJsonTraces(body: Buffer, visit: VisitSpan): Parsed<undefined> {
  const json = parseJson(body, "", MIN_BYTES_PER_PART, true);
  if (!json.ok) return json;
  if (!isObject(json.value)) return refuse("", "Expected an object with resourceSpans", json.value);
  const resourceSpans = json.value.resourceSpans ?? [];
  if (!Array.isArray(resourceSpans)) return refuse("/resourceSpans", "Expected an array", resourceSpans);
  const span = new Span();
  for (const group of resourceSpans) {
    if (!isObject(group)) continue;
    const resource = new Resource();
    if (isObject(group.resource)) noteAttributes(group.resource.attributes, resource);
    for (const scope of listOf(group.scopeSpans)) {
      if (!isObject(scope)) continue;
      for (const one of listOf(scope.spans)) {
        span.clear();
        if (isObject(one)) readSpan(one, span);
        visit(span, resource);
      }
    }
  }
  return { ok: true, value: undefined };
}

function readSpan(one: Record<string, unknown>, span: Span): void {
  span.traceId = hexOf(one.traceId);
  span.spanId = hexOf(one.spanId);
  span.hasParent = /[^0]/.test(textOf(one.parentSpanId));
  span.flags = numberOf(one.flags);
  span.kind = enumOf(one.kind, KINDS);
  span.name = textOf(one.name);
  const { startTimeUnixNano: start, endTimeUnixNano: end, status } = one;
  span.startMs = msOf(start);
  span.startNs = nsOf(start);
  span.endMs = msOf(end);
  span.endNs = nsOf(end);
  noteAttributes(one.attributes, span);
  if (!isObject(status)) return;
  span.statusCode = enumOf(status.code, STATUS_CODES);
  span.statusMessage = textOf(status.message);
}

function noteAttributes(attributes: unknown, owner: Resource | Span): void {
  for (const attribute of listOf(attributes)) {
    if (!isObject(attribute) || typeof attribute.key !== "string" || !isObject(attribute.value)) continue;
    const { key } = attribute;
    if (candidateOf(key.length, key.charCodeAt(0)) !== key) continue;
    const { stringValue, boolValue, intValue, doubleValue } = attribute.value;
    const value = stringValue ?? intValue ?? doubleValue ?? boolValue;
    if (["string", "number", "boolean"].includes(typeof value)) owner.note(key, String(value));
  }
}

function hexOf(value: unknown): string {
  return typeof value === "string" && /^[0-9a-fA-F]+$/.test(value) ? value.toLowerCase() : "";
}

const NOTHING: readonly unknown[] = [];

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : NOTHING;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/** The number of an enum, by its place among the names; -1 for a text that is none of them. */
function enumOf(value: unknown, names: readonly string[]): number {
  return typeof value === "string" ? names.indexOf(value) : numberOf(value);
}

/** Whole milliseconds of nanoseconds. */
function msOf(nanos: unknown): number {
  if (typeof nanos === "string") return isDigits(nanos) ? Number(nanos.slice(0, -6)) : 0;
  return typeof nanos === "number" ? Math.floor(nanos / 1e6) : 0;
}

/** The nanoseconds beyond whole milliseconds. */
function nsOf(nanos: unknown): number {
  if (typeof nanos === "string") return isDigits(nanos) ? Number(nanos.slice(-6)) : 0;
  return typeof nanos === "number" ? nanos % 1e6 : 0;
}

function isDigits(text: string): boolean {
  return /^\d{1,20}$/.test(text);
}
