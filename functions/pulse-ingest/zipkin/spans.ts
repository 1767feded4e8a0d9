// Spans of Zipkin v2 in JSON (https://zipkin.io/zipkin-api/#/default/post_spans).
import { parseJson } from "../../../events/cloud-event.ts";
import { type Parsed, refuse } from "../../../events/fault.ts";
import { isObject } from "../../../events/json-value.ts";
import { ZIPKIN_SOURCE } from "../../../events/span-identity.ts";
import { addText } from "../spans/metadata.ts";
import { isHttpOfMicrometer } from "../spans/micrometer.ts";
import { fittedName } from "../spans/service-name.ts";
import { NO_SERVICE, type Sieve } from "../spans/sieve.ts";

/** The least annotation, `{"timestamp":1,"value":""}`, takes 26 bytes; an empty object among spans is no span. */
const MIN_BYTES_PER_PART = 16;

const IDS = "Expected a traceId of 1 to 32 hex digits and an id of 1 to 16 that are not all zeros";
const TIMESTAMP = "Expected a timestamp in microseconds";

/** Gives the entries among a request's spans to a sieve. */
export function readZipkinSpans(body: Buffer, sieve: Sieve): Parsed<undefined> {
  const json = parseJson(body, "", MIN_BYTES_PER_PART, true);
  if (!json.ok) return json;
  if (!Array.isArray(json.value)) return refuse("", "Expected an array of spans", json.value);
  for (const span of json.value) {
    if (isObject(span)) readSpan(span, sieve);
    else sieve.reject("Expected a span: an object");
  }
  return { ok: true, value: undefined };
}

function readSpan(span: Record<string, unknown>, sieve: Sieve): void {
  const kind = textOf(span.kind);
  const id = idOf(span.id, 16);
  const isEntry = kind === "SERVER" || kind === "CONSUMER" || (kind === "" && isRoot(span, id));
  const { timestamp, duration } = span;
  // Without a duration it is a part of a span, whose rest comes later.
  if (!isEntry || typeof duration !== "number") return;
  const traceId = idOf(span.traceId, 32);
  const name = isObject(span.localEndpoint) ? textOf(span.localEndpoint.serviceName) : "";
  const service = fittedName(name);
  if (traceId === undefined || id === undefined) sieve.reject(IDS);
  else if (service === undefined) sieve.reject(NO_SERVICE);
  else if (typeof timestamp !== "number") sieve.reject(TIMESTAMP);
  else {
    const tags = isObject(span.tags) ? inBravesNames(span.tags) : {};
    sieve.add({
      service,
      // A server may share the id of its client's span: the kind tells them apart.
      id: kind === "" ? `${traceId}:${id}` : `${traceId}:${id}:${kind}`,
      source: ZIPKIN_SOURCE,
      endMs: Math.floor((timestamp + duration) / 1000),
      latencyMs: duration / 1000,
      status: statusOf(tags),
      metadata: metadataOf(textOf(span.name), tags),
    });
  }
}

/**
 * An id as Zipkin keeps it (zipkin2.Span): in lower case, with zeros before it up to 16 digits, or up to 32 where it has more.
 * `undefined` for what is none, and for zeros alone.
 */
function idOf(value: unknown, maxDigits: 16 | 32): string | undefined {
  const hex = textOf(value);
  if (hex.length > maxDigits || !/^0*[1-9a-f][0-9a-f]*$/i.test(hex)) return undefined;
  const digits = hex.toLowerCase().replace(/^0+/, "");
  return digits.padStart(digits.length > 16 ? 32 : 16, "0");
}

/** Whether a span has no parent: Zipkin takes zeros, and the span itself, for none. */
function isRoot({ parentId }: Record<string, unknown>, id: string | undefined): boolean {
  return /^0*$/.test(textOf(parentId)) || idOf(parentId, 16) === id;
}

function inBravesNames(tags: Record<string, unknown>): Record<string, unknown> {
  if (tags["http.status_code"] !== undefined || !isHttpOfMicrometer(textOf(tags.outcome), textOf(tags.status)))
    return tags;
  const { status, method, uri } = tags;
  return { "http.status_code": status, "http.method": method, "http.route": uri, error: tags.error };
}

// Brave writes the code of a 4xx as an error, too: a client's mistake is none of the service's.
function statusOf({ error, "http.status_code": code }: Record<string, unknown>): string {
  if (/^5\d\d$/.test(textOf(code))) return textOf(code);
  return error === undefined || /^4\d\d$/.test(textOf(error)) ? "ok" : "error";
}

function metadataOf(name: string, tags: Record<string, unknown>): Record<string, string> {
  const metadata: Record<string, string> = {};
  const route = textOf(tags["http.route"]);
  if (route !== "") addText(metadata, "http.route", route);
  else addText(metadata, "name", name);
  addText(metadata, "http.request.method", textOf(tags["http.method"]));
  addText(metadata, "http.response.status_code", textOf(tags["http.status_code"]));
  addText(metadata, "error", textOf(tags.error));
  return metadata;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
