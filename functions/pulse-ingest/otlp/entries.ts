import { OTLP_SOURCE } from "../../../events/span-identity.ts";
import { addText } from "../spans/metadata.ts";
import { isHttpOfMicrometer } from "../spans/micrometer.ts";
import { fittedName } from "../spans/service-name.ts";
import { NO_SERVICE, type Sieve } from "../spans/sieve.ts";
import type { Resource, Span, VisitSpan } from "./span.ts";

const INTERNAL = 1;
const SERVER = 2;
const CONSUMER = 5;
const STATUS_ERROR = 2;
/** Of Span.flags: whether the parent is known to be remote or local, and that it is remote. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** Characters of a text of a resource: each of its spans carries it, so that a small request would become a large one. */
const MAX_RESOURCE_TEXT = 256;

const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);
const IDS = "Expected a traceId of 16 bytes and a spanId of 8 that are not all zeros";
const ENUMS = "Expected kind and status.code as numbers, or as names such as SPAN_KIND_SERVER and STATUS_CODE_ERROR";
const NO_NAME = `${NO_SERVICE}: set the resource's service.name (OTEL_SERVICE_NAME)`;

/** Gives the entries among spans to a sieve. */
export function visitEntries(sieve: Sieve): VisitSpan {
  // Spans of one resource come one after another.
  let resource: Resource | undefined;
  let service: string | undefined;
  let ofResource: [string, string][] = [];
  return (span, itsResource) => {
    if (span.kind < 0 || span.statusCode < 0) return sieve.reject(ENUMS);
    if (!isEntry(span)) return;
    if (resource !== itsResource) {
      resource = itsResource;
      service = serviceOf(resource);
      ofResource = Object.entries(metadataOfResource(resource));
    }
    if (!isId(span.traceId, NO_TRACE) || !isId(span.spanId, NO_SPAN)) sieve.reject(IDS);
    else if (service === undefined) sieve.reject(NO_NAME);
    else {
      if (span.httpStatus === "" && isHttpOfMicrometer(span.outcome, span.micrometerStatus)) {
        span.httpStatus = span.micrometerStatus;
        span.method ||= span.micrometerMethod;
        span.route ||= span.micrometerUri;
      }
      sieve.add({
        service,
        id: `${span.traceId}:${span.spanId}`,
        source: OTLP_SOURCE,
        endMs: span.endMs,
        latencyMs: ((span.endMs - span.startMs) * 1e6 + span.endNs - span.startNs) / 1e6,
        status: statusOf(span),
        metadata: metadataOf(span, ofResource),
      });
    }
  };
}

/**
 * Whether a span is the way of a request into a service: a SERVER or CONSUMER whose parent is not known to be in the same
 * service, or the root of a trace that asks nobody, such as a job.
 */
function isEntry({ kind, hasParent, flags }: Span): boolean {
  if (kind === SERVER || kind === CONSUMER) {
    return !hasParent || (flags & HAS_IS_REMOTE) === 0 || (flags & IS_REMOTE) !== 0;
  }
  return kind <= INTERNAL && !hasParent;
}

function isId(hex: string, zeros: string): boolean {
  return hex.length === zeros.length && hex !== zeros;
}

function serviceOf({ name, namespace }: Resource): string | undefined {
  // The SDKs make one up where none is set.
  return name === "" ? undefined : fittedName(namespace === "" ? name : `${namespace}/${name}`);
}

// By the semantic conventions a server's 4xx is no error: the span's own status says so.
function statusOf({ httpStatus, statusCode }: Span): string {
  if (httpStatus[0] === "5" && /^5\d\d$/.test(httpStatus)) return httpStatus;
  return statusCode === STATUS_ERROR ? "error" : "ok";
}

function metadataOf(span: Span, ofResource: readonly [string, string][]): Record<string, string> {
  const metadata: Record<string, string> = {};
  if (span.route !== "") addText(metadata, "http.route", span.route);
  else addText(metadata, "name", span.name);
  addText(metadata, "http.request.method", span.method);
  addText(metadata, "http.response.status_code", span.httpStatus);
  addText(metadata, "error.type", span.errorType);
  addText(metadata, "status.message", span.statusMessage);
  for (const [key, text] of ofResource) metadata[key] = text;
  return metadata;
}

function metadataOfResource(resource: Resource): Record<string, string> {
  const metadata: Record<string, string> = {};
  addText(metadata, "service.version", resource.version, MAX_RESOURCE_TEXT);
  addText(metadata, "service.instance.id", resource.instance, MAX_RESOURCE_TEXT);
  addText(metadata, "deployment.environment.name", resource.environment, MAX_RESOURCE_TEXT);
  return metadata;
}
