// ExportTraceServiceRequest in protobuf (opentelemetry-proto: collector/trace/v1/trace_service.proto, trace/v1/trace.proto,
// resource/v1/resource.proto, common/v1/common.proto). Each tag below is a field's number × 8 + its wire type. What no pulse
// needs is passed over and never becomes an object. RATIONALE.md says why this is no library.
import { BYTES, Wire } from "./protobuf.ts";
import { candidateOf, Resource, Span, type VisitSpan } from "./span.ts";

const RESOURCE_SPANS = (1 << 3) | BYTES;
const RESOURCE = (1 << 3) | BYTES;
const SCOPE_SPANS = (2 << 3) | BYTES;
const SPANS = (2 << 3) | BYTES;
const RESOURCE_ATTRIBUTES = (1 << 3) | BYTES;
const TRACE_ID = (1 << 3) | BYTES;
const SPAN_ID = (2 << 3) | BYTES;
const PARENT_SPAN_ID = (4 << 3) | BYTES;
const NAME = (5 << 3) | BYTES;
const KIND = 6 << 3;
const START = (7 << 3) | 1;
const END = (8 << 3) | 1;
const SPAN_ATTRIBUTES = (9 << 3) | BYTES;
const STATUS = (15 << 3) | BYTES;
const FLAGS = (16 << 3) | 5;
const STATUS_MESSAGE = (2 << 3) | BYTES;
const STATUS_CODE = 3 << 3;
const KEY = (1 << 3) | BYTES;
const VALUE = (2 << 3) | BYTES;
const STRING_VALUE = (1 << 3) | BYTES;
const BOOL_VALUE = 2 << 3;
const INT_VALUE = 3 << 3;
const DOUBLE_VALUE = (4 << 3) | 1;
const ARRAY_VALUE = (5 << 3) | BYTES;
const MAP_VALUE = (6 << 3) | BYTES;
const BYTES_VALUE = (7 << 3) | BYTES;

/** Calls `visit` for each span of a request, in order. @throws {MalformedProtobuf} */
export function readProtobufTraces(body: Buffer, visit: VisitSpan): void {
  const wire = new Wire(body);
  const span = new Span();
  const end = body.length;
  for (let tag = wire.next(end); tag !== 0; tag = wire.next(end)) {
    if (tag === RESOURCE_SPANS) readResourceSpans(wire, wire.length(end), span, visit);
    else wire.skip(end);
  }
}

function readResourceSpans(wire: Wire, end: number, span: Span, visit: VisitSpan): void {
  const start = wire.at;
  const resource = new Resource();
  // The resource may come after its spans.
  for (let tag = wire.next(end); tag !== 0; tag = wire.next(end)) {
    if (tag !== RESOURCE) wire.skip(end);
    else {
      const last = wire.length(end);
      for (let inner = wire.next(last); inner !== 0; inner = wire.next(last)) {
        if (inner === RESOURCE_ATTRIBUTES) readAttribute(wire, wire.length(last), resource);
        else wire.skip(last);
      }
    }
  }
  wire.at = start;
  for (let tag = wire.next(end); tag !== 0; tag = wire.next(end)) {
    if (tag !== SCOPE_SPANS) wire.skip(end);
    else {
      const last = wire.length(end);
      for (let inner = wire.next(last); inner !== 0; inner = wire.next(last)) {
        if (inner !== SPANS) wire.skip(last);
        else {
          span.clear();
          readSpan(wire, wire.length(last), span);
          visit(span, resource);
        }
      }
    }
  }
}

function readSpan(wire: Wire, end: number, span: Span): void {
  for (let tag = wire.next(end); tag !== 0; tag = wire.next(end)) {
    switch (tag) {
      case TRACE_ID:
        span.traceId = wire.hex(end);
        break;
      case SPAN_ID:
        span.spanId = wire.hex(end);
        break;
      case PARENT_SPAN_ID:
        span.hasParent = wire.isSet(end); // all zeros are no parent
        break;
      case NAME:
        span.name = wire.text(end);
        break;
      case KIND:
        span.kind = wire.varint(end);
        break;
      case START:
        wire.nanos(end);
        span.startMs = wire.ms;
        span.startNs = wire.ns;
        break;
      case END:
        wire.nanos(end);
        span.endMs = wire.ms;
        span.endNs = wire.ns;
        break;
      case SPAN_ATTRIBUTES:
        readAttribute(wire, wire.length(end), span);
        break;
      case STATUS:
        readStatus(wire, wire.length(end), span);
        break;
      case FLAGS:
        span.flags = wire.fixed32(end);
        break;
      default:
        wire.skip(end);
    }
  }
}

function readStatus(wire: Wire, end: number, span: Span): void {
  for (let tag = wire.next(end); tag !== 0; tag = wire.next(end)) {
    if (tag === STATUS_MESSAGE) span.statusMessage = wire.text(end);
    else if (tag === STATUS_CODE) span.statusCode = wire.varint(end);
    else wire.skip(end);
  }
}

function readAttribute(wire: Wire, end: number, owner: Resource | Span): void {
  let key: string | undefined;
  let value: string | undefined;
  for (let tag = wire.next(end); tag !== 0; tag = wire.next(end)) {
    if (tag === KEY) {
      const stop = wire.length(end);
      const candidate = candidateOf(stop - wire.at, wire.bytes[wire.at] ?? 0);
      // Compared byte by byte: a text made of each name would take three times as long.
      key = candidate !== undefined && wire.isAt(candidate) ? candidate : "";
      wire.at = stop;
    } else if (tag === VALUE && key !== "") value = readValue(wire, wire.length(end), value);
    else wire.skip(end);
  }
  if (key !== undefined && value !== undefined) owner.note(key, value);
}

/** A value as text; lists, maps and bytes are none. */
function readValue(wire: Wire, end: number, before: string | undefined): string | undefined {
  let value = before;
  for (let tag = wire.next(end); tag !== 0; tag = wire.next(end)) {
    switch (tag) {
      case STRING_VALUE:
        value = wire.text(end);
        break;
      case BOOL_VALUE:
        value = String(wire.varint(end) !== 0);
        break;
      case INT_VALUE:
        value = wire.int64(end);
        break;
      case DOUBLE_VALUE:
        value = String(wire.double(end));
        break;
      case ARRAY_VALUE:
      case MAP_VALUE:
      case BYTES_VALUE:
        wire.skip(end);
        value = undefined;
        break;
      default:
        wire.skip(end);
    }
  }
  return value;
}
