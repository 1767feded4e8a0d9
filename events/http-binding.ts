// CloudEvents over HTTP: spec 1.0.2, HTTP protocol binding 3.1 (binary), 3.2 (structured), 3.3 (batch), and the JSON
// format. The SDK's receiver is no substitute, because it repairs what it should refuse: it gives a new id to an event
// without one (which breaks de-duplication), takes a bad time for now, and loses a whole batch for one bad item.
import type { IncomingHttpHeaders } from "node:http";
import { bytesOf, type CloudEvent, type EventData, isJsonType, mediaTypeOf, parseJson } from "./cloud-event.ts";
import { type Fault, fault, MAX_FAULTS, type Parsed, parsedUnless, pointerTo } from "./fault.ts";
import { decodeExactHeader, decodeHeader, decodeUriHeader, encodeHeader, NO_URI, singleValue } from "./header-value.ts";
import { parseTime } from "./time.ts";

export type EventMode = "binary" | "structured" | "batch";

const BATCH = "application/cloudevents-batch";
const STRUCTURED = "application/cloudevents";
const NAME = /^[a-z0-9]+$/;
const VALUE_RULE = "Expected a string (or, as an extension, an integer of 32 bits or a boolean)";
const HEADER_TEXT = "Expected UTF-8, percent-encoded where it is not printable ASCII";
const OPTIONAL = ["time", "subject", "datacontenttype", "dataschema"] as const;
const KNOWN: ReadonlySet<string> = new Set(["id", "source", "type", "specversion", ...OPTIONAL]);

/** How a request carries events, by its content type or else its headers; `undefined` when it carries none. */
export function eventModeOf(headers: IncomingHttpHeaders): EventMode | undefined {
  const media = headers["content-type"];
  if (media !== undefined) {
    const lower = media.toLowerCase().trimStart();
    if (lower.startsWith(BATCH)) return "batch";
    if (lower.startsWith(STRUCTURED)) return "structured";
  }
  // Any required attribute makes it an event, so that the answer names those that are missing.
  const isEvent = "ce-specversion" in headers || "ce-id" in headers || "ce-type" in headers || "ce-source" in headers;
  return isEvent ? "binary" : undefined;
}

/** True for what deserves a 415: an event format other than JSON, a charset other than UTF-8, or a compressed body. */
export function isForeignFormat(headers: IncomingHttpHeaders, mode: EventMode | undefined): boolean {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && !/^(?:identity)?$/i.test(encoding.trim())) return true;
  const contentType = headers["content-type"];
  if (contentType === "application/json") return false;
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? "")?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8" && charset !== "us-ascii") return true;
  if (mode === undefined || mode === "binary") return false;
  const media = mediaTypeOf(contentType);
  return media !== `${mode === "batch" ? BATCH : STRUCTURED}+json`;
}

/**
 * Reads the event or events of a request. One bad item refuses a whole batch.
 * @param rawHeaders as node has them: without them, the values of a repeated header count as one
 */
export function decodeEvents(
  mode: EventMode,
  headers: IncomingHttpHeaders,
  body: Buffer,
  rawHeaders: readonly string[] = [],
): Parsed<CloudEvent[]> {
  const faults: Fault[] = [];
  if (mode === "binary") return parsedUnless(faults, [decodeBinary(headers, rawHeaders, body, faults)]);
  if (mode === "batch") {
    const events = decodeBatch(body, faults) as CloudEvent[];
    return parsedUnless(faults, events);
  }
  const json = parseJson(body, "");
  return json.ok ? decodeParsed(json.value) : json;
}

/** Reads an event in the JSON format from what its JSON was parsed to. */
export function decodeParsed(json: unknown): Parsed<CloudEvent[]> {
  const faults: Fault[] = [];
  return parsedUnless(faults, [decodeStructured(json, "", faults)]);
}

/** The events of a batch. One with faults is `undefined`, and its faults are added to `faults`. */
export function decodeBatch(body: Buffer, faults: Fault[]): (CloudEvent | undefined)[] {
  const json = parseJson(body, "");
  if (!json.ok) {
    faults.push(...json.faults);
    return [];
  }
  if (!Array.isArray(json.value)) {
    faults.push(fault("", "Expected an array of CloudEvents", json.value));
    return [];
  }
  const events: (CloudEvent | undefined)[] = [];
  for (let i = 0; i < json.value.length && faults.length < MAX_FAULTS; i++) {
    const before = faults.length;
    const event = decodeStructured(json.value[i], `/${i}`, faults);
    events.push(faults.length === before ? event : undefined);
  }
  return events;
}

function decodeBinary(
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  body: Buffer,
  faults: Fault[],
): CloudEvent {
  const attributes = noAttributes();
  for (const header in headers) {
    if (!header.startsWith("ce-")) continue;
    const name = header.slice(3);
    const raw = singleValue(header, headers[header] ?? "", rawHeaders);
    const value = raw === undefined ? undefined : decoderOf(name)(raw);
    if (value === undefined) {
      const rule = raw === undefined ? "Expected the header once, or with equal values" : HEADER_TEXT;
      faults.push(fault(pointerTo("", [name]), rule, headers[header]));
    } else if (name === "datacontenttype") {
      faults.push(fault("/datacontenttype", "Expected it in Content-Type, not in a separate header", raw));
    } else {
      attributes[name] = value;
    }
  }
  const contentType = headers["content-type"];
  if (contentType !== undefined) attributes.datacontenttype = contentType;
  return eventOf(attributes, body.length === 0 ? { kind: "none" } : { kind: "bytes", bytes: body }, "", faults);
}

const NOTHING: object = Object.freeze(Object.create(null));
/**
 * Without what objects inherit: an attribute that a sender names `__proto__` is there, and is refused. An object without any prototype
 * is a hash table to V8, with which an event takes 1.9 instead of 1.1 µs to read.
 */
const noAttributes = (): Record<string, string> => Object.create(NOTHING);

function decoderOf(name: string): typeof decodeHeader {
  if (name === "id") return decodeExactHeader;
  return name === "source" ? decodeUriHeader : decodeHeader;
}

/** Reads an event in the JSON format. With a new fault, what it returns is no event. */
function decodeStructured(input: unknown, pointer: string, faults: Fault[]): CloudEvent {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    faults.push(fault(pointer, "Expected a CloudEvent: an object", input));
    return input as never;
  }
  const attributes = noAttributes();
  let data: EventData = { kind: "none" };
  for (const [name, value] of Object.entries(input)) {
    if (faults.length >= MAX_FAULTS) break;
    if (value === null) continue; // JSON format 2.2: null means absent
    if (name === "data") {
      data = data.kind === "none" ? { kind: "json", value } : data;
    } else if (name === "data_base64") {
      const bytes = typeof value === "string" ? decodeBase64(value) : undefined;
      if (bytes === undefined) faults.push(fault(`${pointer}/data_base64`, "Expected base64 text", value));
      else if ((input as { data?: unknown }).data != null) {
        faults.push(fault(`${pointer}/data_base64`, "Expected either data or data_base64, not both", value));
      } else data = { kind: "bytes", bytes };
    } else if (typeof value === "string") {
      attributes[name] = value;
    } else if (!KNOWN.has(name) && (typeof value === "boolean" || isInteger(value))) {
      attributes[name] = String(value);
    } else {
      faults.push(fault(pointerTo(pointer, [name]), VALUE_RULE, value));
    }
  }
  return eventOf(attributes, data, pointer, faults);
}

/** An Integer of CloudEvents 1.0.2, section 3.1: a whole number of 32 bits. */
function isInteger(value: unknown): boolean {
  return typeof value === "number" && value === (value | 0);
}

/** The bytes of base64 with its padding; `undefined` for any other text. */
export function decodeBase64(text: string): Buffer | undefined {
  // Two cheap checks: one pattern in groups of four overflows the stack on a large body.
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function eventOf(attributes: Record<string, string>, data: EventData, pointer: string, faults: Fault[]): CloudEvent {
  const { id, source, type, specversion } = attributes;
  if (specversion !== "1.0") addFault(faults, `${pointer}/specversion`, 'Expected "1.0"', specversion);
  if (!id) addFault(faults, `${pointer}/id`, "Expected a non-empty string", id);
  if (!source || NO_URI.test(source)) {
    addFault(faults, `${pointer}/source`, "Expected a non-empty URI reference", source);
  }
  if (!type) addFault(faults, `${pointer}/type`, "Expected a non-empty string", type);
  const event = { id, source, type, extensions: {}, data } as CloudEvent;
  for (const name in attributes) {
    if (faults.length >= MAX_FAULTS) break;
    const value = attributes[name] as string;
    // A lone surrogate, escaped in JSON, has no UTF-8 form: two ids would travel on as one.
    if (!value.isWellFormed()) {
      faults.push(fault(pointerTo(pointer, [name]), "Expected Unicode text without lone surrogates", value));
    }
    if (!KNOWN.has(name)) {
      // The spec forbids an attribute with the name `data`: a header ce-data would overwrite the data in JSON.
      if (!NAME.test(name) || name === "data") {
        faults.push(fault(pointerTo(pointer, [name]), "Expected a name of a–z and 0–9 only, and not data", value));
      }
      event.extensions[name] = value;
    }
  }
  for (const name of OPTIONAL) {
    const value = attributes[name];
    if (value !== undefined) event[name] = value;
  }
  // It travels unencoded as Content-Type: other characters cannot be sent, or would begin another header.
  if (event.datacontenttype !== undefined && !/^[!-.0-~]+\/[ -~\t]+$/.test(event.datacontenttype)) {
    faults.push(fault(`${pointer}/datacontenttype`, "Expected a media type in printable ASCII", event.datacontenttype));
  }
  if (event.time !== undefined && parseTime(event.time) === undefined) {
    faults.push(fault(`${pointer}/time`, "Expected an RFC 3339 time with offset", event.time));
  }
  return event;
}

// An attribute that could not be read has its fault already, and is absent only for that.
function addFault(faults: Fault[], pointer: string, rule: string, value: unknown): void {
  if (!faults.some((one) => one.pointer === pointer)) faults.push(fault(pointer, rule, value));
}

/** An event as a request or an answer in binary mode. */
export function encodeBinary(event: CloudEvent): { headers: Record<string, string>; body: Buffer } {
  const headers: Record<string, string> = {
    "content-type": event.datacontenttype ?? "application/json",
    "ce-specversion": "1.0",
    "ce-id": encodeHeader(event.id),
    "ce-source": encodeHeader(event.source),
    "ce-type": encodeHeader(event.type),
  };
  if (event.time !== undefined) headers["ce-time"] = event.time;
  if (event.subject !== undefined) headers["ce-subject"] = encodeHeader(event.subject);
  if (event.dataschema !== undefined) headers["ce-dataschema"] = encodeHeader(event.dataschema);
  for (const name in event.extensions) headers[`ce-${name}`] = encodeHeader(event.extensions[name] as string);
  return { headers, body: bytesOf(event) };
}

/** The event as an object of the JSON format, with JSON data as JSON and any other data as base64. */
export function toStructured(event: CloudEvent): Record<string, unknown> {
  const { data, extensions, ...attributes } = event;
  const structured: Record<string, unknown> = { specversion: "1.0", ...attributes, ...extensions };
  if (data.kind === "json") structured.data = data.value;
  if (data.kind === "bytes") {
    const json = isJsonType(event.datacontenttype) ? parseJson(data.bytes, "") : undefined;
    if (json?.ok) structured.data = json.value;
    else structured.data_base64 = data.bytes.toString("base64");
  }
  return structured;
}
