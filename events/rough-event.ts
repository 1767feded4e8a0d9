import type { IncomingHttpHeaders } from "node:http";
import type { CloudEvent } from "./cloud-event.ts";
import { decodeExactHeader, decodeHeader, NO_URI } from "./header-value.ts";
import { parseTime } from "./time.ts";

/**
 * An event in binary mode for those who have to keep it, whatever is wrong with it: brokers take events of version 0.3, content types
 * without a slash and more that CloudEvents 1.0 forbids. An attribute that cannot be read is kept as its header has it.
 * `undefined` without an id, a source or a type.
 */
export function readRoughEvent(headers: IncomingHttpHeaders, body: Buffer): CloudEvent | undefined {
  const { "ce-id": id, "ce-source": source, "ce-type": type, "content-type": datacontenttype } = headers;
  if (!isText(id) || !isText(source) || !isText(type)) return undefined;
  const event: CloudEvent = {
    id: decodeExactHeader(id) ?? id,
    source: readSource(source),
    type: decodeHeader(type) ?? type,
    ...(datacontenttype !== undefined && { datacontenttype }),
    extensions: {},
    data: body.length === 0 ? { kind: "none" } : { kind: "bytes", bytes: body },
  };
  for (const header in headers) {
    const raw = headers[header];
    const name = header.slice(3);
    if (!header.startsWith("ce-") || !isText(raw) || ELSEWHERE.has(name)) continue;
    const text = decodeHeader(raw) ?? raw;
    if (name === "time") event.time = parseTime(text) === undefined ? raw : text;
    else if (name === "subject" || name === "dataschema") event[name] = text;
    // As an extension it takes the place of 1.0, here and in whatever is made of the event.
    else if (name !== "specversion" || text !== "1.0") event.extensions[name] = text;
  }
  return event;
}

/** Attributes with a place of their own, and names that would take the place of the data. */
const ELSEWHERE: ReadonlySet<string> = new Set(["id", "source", "type", "datacontenttype", "data", "data_base64"]);

function readSource(raw: string): string {
  const source = decodeExactHeader(raw) ?? raw;
  return NO_URI.test(source) ? raw : source;
}

function isText(value: string | string[] | undefined): value is string {
  return typeof value === "string" && value !== "";
}
