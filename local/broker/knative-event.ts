// Reads an event as Knative's ingress does: with the Go SDK of CloudEvents (v2.16), which takes some things that the
// specification forbids and refuses some that it allows. test/knative holds both brokers to the same answers.
import type { IncomingHttpHeaders } from "node:http";
import { type CloudEvent, isJsonType, parseJson } from "../../events/cloud-event.ts";
import { type Fault, fault, type Parsed, parsedUnless } from "../../events/fault.ts";
import { singleValue, textOfHeader } from "../../events/header-value.ts";
import { decodeEvents, decodeParsed, type EventMode, encodeBinary } from "../../events/http-binding.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const PARAMETER = String.raw`\s*([!#$%&'*+.^_\x60|~\w-]+)=(?:[!#$%&'*+.^_\x60|~\w-]+|"(?:[^"\\]|\\.)*")\s*`;
// Blanks belong to one part only: where two parts may take them, a refusal takes time by the square of their number.
const PARAMETERS = new RegExp(`^[^;]+(?:;${PARAMETER})*(?:;\\s*)?$`);
/** Go's url.Parse refuses both: a percent sign that encodes nothing, and a colon in the first segment of a relative path. */
const NO_URI = /%(?![0-9a-f]{2})|^(?![a-z][a-z0-9+.-]*:)[^/?#]*:/i;
/** An event leaves in binary mode, and HTTP servers take some 16 KiB of headers: a dead letter's additions must fit too. */
export const MAX_ATTRIBUTES_BYTES = 8192;
const LENIENT: ReadonlySet<string> = new Set(["/specversion", "/source", "/time"]);

/**
 * The event of a request or an answer, or all that Knative's ingress refuses in it.
 * @param rawHeaders as for `decodeEvents`
 */
export function readKnativeEvent(
  mode: EventMode,
  headers: IncomingHttpHeaders,
  body: Buffer,
  rawHeaders?: readonly string[],
): Parsed<CloudEvent> {
  let decoded = decodeEvents(mode, headers, body, rawHeaders);
  if (!decoded.ok && decoded.faults.every(({ pointer }) => LENIENT.has(pointer))) {
    const repaired = mode === "binary" ? decodeRepairedHeaders(headers, rawHeaders, body) : decodeRepairedJson(body);
    if (repaired.ok) decoded = repaired;
  }
  if (!decoded.ok) return decoded;
  const event = decoded.value[0] as CloudEvent;
  return parsedUnless(faultsOf(event), event);
}

/** Whether an event has more than {@link MAX_ATTRIBUTES_BYTES} of attributes, as headers. */
export function hasTooLongAttributes(event: CloudEvent): boolean {
  const { headers } = encodeBinary({ ...event, data: { kind: "none" } });
  let bytes = 0;
  for (const name in headers) bytes += name.length + (headers[name] as string).length;
  return bytes > MAX_ATTRIBUTES_BYTES;
}

function faultsOf(event: CloudEvent): Fault[] {
  const { id, source, type, time, subject, dataschema, datacontenttype, data } = event;
  const faults: Fault[] = [];
  if (id.trim() === "") faults.push(fault("/id", "Expected more than blanks", id));
  if (type.trim() === "") faults.push(fault("/type", "Expected more than blanks", type));
  if (NO_URI.test(source)) faults.push(fault("/source", "Expected a URI reference", source));
  if (subject === "") delete event.subject;
  else if (subject?.trim() === "") faults.push(fault("/subject", "Expected more than blanks", subject));
  if (time !== undefined && !TIME.test(time)) {
    faults.push(fault("/time", "Expected an RFC 3339 time with T and Z in capitals, and a second up to 59", time));
  }
  if (dataschema !== undefined && !/^[a-z][a-z0-9+.-]*:./i.test(dataschema)) {
    faults.push(fault("/dataschema", "Expected an absolute URI", dataschema));
  }
  if (datacontenttype?.includes(";") && !hasGoodParameters(datacontenttype)) {
    faults.push(fault("/datacontenttype", "Expected parameters of the form name=value, each once", datacontenttype));
  }
  // Written again, such a number would be null: a pulse with another time, or none.
  if (data.kind === "json" && holdsInfinity(data.value)) {
    faults.push(fault("/data", "Expected numbers that a double can hold", data.value));
  }
  if (data.kind === "json" && typeof data.value !== "string" && !isJsonType(datacontenttype)) {
    faults.push(fault("/data", `Expected a string, since the data is ${datacontenttype}`, data.value));
  }
  return faults;
}

function holdsInfinity(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsInfinity);
}

function hasGoodParameters(contentType: string): boolean {
  if (!PARAMETERS.test(contentType)) return false;
  const names = Array.from(contentType.matchAll(new RegExp(`;${PARAMETER}`, "g")), ([, name = ""]) =>
    name.toLowerCase(),
  );
  return new Set(names).size === names.length;
}

// Knative takes CloudEvents 0.3, a comma in a time, and blanks in a source, which it encodes.
function decodeRepairedHeaders(
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[] = [],
  body: Buffer,
): Parsed<CloudEvent[]> {
  const { "ce-specversion": specversion, "ce-source": sources, "ce-time": time } = headers;
  // Two sources are not one with a blank in it.
  const source = sources === undefined ? undefined : singleValue("ce-source", sources, rawHeaders);
  const repaired: IncomingHttpHeaders = { ...headers };
  if (specversion === "0.3") repaired["ce-specversion"] = "1.0";
  if (typeof source === "string") repaired["ce-source"] = encodeURI(withoutBlanks(textOfHeader(source) ?? source));
  if (typeof time === "string") repaired["ce-time"] = time.replace(",", ".");
  return inVersion(specversion, decodeEvents("binary", repaired, body));
}

function decodeRepairedJson(body: Buffer): Parsed<CloudEvent[]> {
  const json = parseJson(body, "");
  if (!json.ok) return json;
  const event = json.value as Record<string, unknown>;
  const { specversion, source, time } = event;
  if (specversion === "0.3") event.specversion = "1.0";
  if (typeof source === "string") event.source = withoutBlanks(source);
  if (typeof time === "string") event.time = time.replace(",", ".");
  return inVersion(specversion, decodeParsed(event)); // not written again: a number beyond a double would be null
}

function withoutBlanks(source: string): string {
  return source.replaceAll(" ", "%20");
}

// An event keeps its version on its way: as an extension, it becomes the header ce-specversion.
function inVersion(specversion: unknown, decoded: Parsed<CloudEvent[]>): Parsed<CloudEvent[]> {
  if (specversion === "0.3" && decoded.ok) for (const event of decoded.value) event.extensions.specversion = "0.3";
  return decoded;
}
