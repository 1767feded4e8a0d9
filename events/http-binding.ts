// CloudEvents over HTTP: spec 1.0.2, HTTP protocol binding 3.1 (binary), 3.2 (structured), 3.3 (batch), and the JSON
// format. Written here because the SDK's receiver repairs what it should refuse: a missing id becomes a new one (which
// breaks de-duplication), a bad time becomes now, one bad item loses a whole batch.
import type { IncomingHttpHeaders } from "node:http";
import { bytesOf, type CloudEvent, type EventData, isJsonType, mediaTypeOf, parseJson } from "./cloud-event.ts";
import { type Fault, fault, MAX_FAULTS, type Parsed, pointerTo, refuse } from "./fault.ts";
import { parseTime } from "./time.ts";

export type EventMode = "binary" | "structured" | "batch";

const BATCH = "application/cloudevents-batch";
const STRUCTURED = "application/cloudevents";
const NAME = /^[a-z0-9]+$/;
const OPTIONAL = ["time", "subject", "datacontenttype", "dataschema"] as const;
const KNOWN: ReadonlySet<string> = new Set(["id", "source", "type", "specversion", ...OPTIONAL]);

/** How a request carries events, by its content type and then its headers; `undefined` when it carries none. */
export function eventModeOf(headers: IncomingHttpHeaders): EventMode | undefined {
  const media = headers["content-type"];
  if (media !== undefined) {
    const lower = media.toLowerCase().trimStart();
    if (lower.startsWith(BATCH)) return "batch";
    if (lower.startsWith(STRUCTURED)) return "structured";
  }
  // Any one of the required attributes makes it an event, so that a missing one is said to be missing.
  const isEvent = "ce-specversion" in headers || "ce-id" in headers || "ce-type" in headers || "ce-source" in headers;
  return isEvent ? "binary" : undefined;
}

/** True for a 415: a format of events other than JSON, a charset other than UTF-8, or a compressed body. */
export function isForeignFormat(headers: IncomingHttpHeaders, mode: EventMode | undefined): boolean {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") return true;
  const contentType = headers["content-type"];
  if (contentType === "application/json") return false;
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? "")?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8" && charset !== "us-ascii") return true;
  if (mode === undefined || mode === "binary") return false;
  const media = mediaTypeOf(contentType);
  return media !== `${mode === "batch" ? BATCH : STRUCTURED}+json`;
}

/** Reads the event or events of a request. A batch is refused as a whole for one bad item. */
export function decodeEvents(mode: EventMode, headers: IncomingHttpHeaders, body: Buffer): Parsed<CloudEvent[]> {
  const faults: Fault[] = [];
  if (mode === "binary") {
    const event = decodeBinary(headers, body, faults);
    return event === undefined ? { ok: false, faults } : { ok: true, value: [event] };
  }
  const json = parseJson(body, "");
  if (!json.ok) return json;
  if (mode === "structured") {
    const event = decodeStructured(json.value, "", faults);
    return event === undefined ? { ok: false, faults } : { ok: true, value: [event] };
  }
  if (!Array.isArray(json.value)) return refuse("", "Expected an array of CloudEvents", json.value);
  const events: CloudEvent[] = [];
  for (let i = 0; i < json.value.length && faults.length < MAX_FAULTS; i++) {
    const event = decodeStructured(json.value[i], `/${i}`, faults);
    if (event !== undefined) events.push(event);
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: events };
}

function decodeBinary(headers: IncomingHttpHeaders, body: Buffer, faults: Fault[]): CloudEvent | undefined {
  const attributes: Record<string, string> = {};
  for (const header in headers) {
    if (!header.startsWith("ce-")) continue;
    const raw = headers[header];
    const name = header.slice(3);
    const value = decodeHeader(Array.isArray(raw) ? raw.join(", ") : (raw ?? ""));
    if (value === undefined) {
      faults.push(fault(pointerTo("", [name]), "Expected UTF-8, percent-encoded where it is not printable ASCII", raw));
    } else if (name === "datacontenttype") {
      faults.push(fault("/datacontenttype", "Expected it in Content-Type, not in a header of its own", raw));
    } else {
      attributes[name] = value;
    }
  }
  const contentType = headers["content-type"];
  if (contentType !== undefined) attributes.datacontenttype = contentType;
  const data: EventData = body.length === 0 ? { kind: "none" } : { kind: "bytes", bytes: body };
  const event = eventOf(attributes, data, "", faults);
  return faults.length > 0 ? undefined : event;
}

// HTTP binding 3.1.3.2: a quoted value is unquoted first, then percent-decoded once. Node hands raw bytes on as Latin-1.
function decodeHeader(raw: string): string | undefined {
  let value = raw;
  if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) {
    value = value.slice(1, -1).replace(/\\(.)/g, "$1");
  }
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: asks for anything outside ASCII
    if (/[^\x00-\x7f]/.test(value)) value = utf8.decode(Buffer.from(value, "latin1"));
    return value.includes("%") ? value.replace(/(?:%[0-9a-f]{2})+/gi, decodeURIComponent) : value;
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeStructured(input: unknown, pointer: string, faults: Fault[]): CloudEvent | undefined {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    faults.push(fault(pointer, "Expected a CloudEvent: an object", input));
    return undefined;
  }
  const before = faults.length;
  const attributes: Record<string, string> = {};
  let data: EventData = { kind: "none" };
  for (const [name, value] of Object.entries(input)) {
    if (faults.length >= MAX_FAULTS) break;
    if (value === null) continue; // JSON format 2.2: null is the same as absent
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
    } else if (!KNOWN.has(name) && (typeof value === "boolean" || Number.isSafeInteger(value))) {
      attributes[name] = String(value);
    } else {
      faults.push(
        fault(pointerTo(pointer, [name]), "Expected a string (or, as an extension, an integer or boolean)", value),
      );
    }
  }
  const event = eventOf(attributes, data, pointer, faults);
  return faults.length > before ? undefined : event;
}

function decodeBase64(text: string): Buffer | undefined {
  // Two cheap questions: one pattern in groups of four would run out of stack on a large body.
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function eventOf(
  attributes: Record<string, string>,
  data: EventData,
  pointer: string,
  faults: Fault[],
): CloudEvent | undefined {
  const before = faults.length;
  const { id, source, type, specversion } = attributes;
  if (specversion !== "1.0") faults.push(fault(`${pointer}/specversion`, 'Expected "1.0"', specversion));
  if (!id) faults.push(fault(`${pointer}/id`, "Expected a non-empty string", id));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a URI reference holds no blanks and no controls
  if (!source || /[\x00-\x20\x7f]/.test(source)) {
    faults.push(fault(`${pointer}/source`, "Expected a non-empty URI reference", source));
  }
  if (!type) faults.push(fault(`${pointer}/type`, "Expected a non-empty string", type));
  const event = { id, source, type, extensions: {}, data } as CloudEvent;
  for (const name in attributes) {
    if (faults.length >= MAX_FAULTS) break;
    const value = attributes[name] as string;
    // Half a character, escaped in JSON, has no UTF-8: two ids would travel on as one.
    if (!value.isWellFormed()) {
      faults.push(fault(pointerTo(pointer, [name]), "Expected Unicode text without lone surrogates", value));
    }
    if (!KNOWN.has(name)) {
      // `data` is the one name that the spec takes from attributes: as a header it would overwrite the data in JSON.
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
  // It travels as Content-Type and as it is: anything else could not be handed on, or would be a header of its own.
  if (event.datacontenttype !== undefined && !/^[!-.0-~]+\/[ -~\t]+$/.test(event.datacontenttype)) {
    faults.push(fault(`${pointer}/datacontenttype`, "Expected a media type in printable ASCII", event.datacontenttype));
  }
  if (event.time !== undefined && parseTime(event.time) === undefined) {
    faults.push(fault(`${pointer}/time`, "Expected an RFC 3339 time with offset", event.time));
  }
  return faults.length > before ? undefined : event;
}

/** A request or answer in binary mode: what a broker takes, and what it hands on. */
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

// HTTP binding 3.1.3.2: blank, ", % and everything outside printable ASCII is percent-encoded as UTF-8.
function encodeHeader(value: string): string {
  return /^[!#$&-~]*$/.test(value) ? value : value.toWellFormed().replace(/[^!#$&-~]+/g, percentEncode);
}

function percentEncode(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

/** The event as the object of the JSON format; data that is JSON stands as JSON, anything else as base64. */
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
