import { createHash } from "node:crypto";
import { bytesOf, type CloudEvent, parseJson } from "../../events/cloud-event.ts";
import type { Fault } from "../../events/fault.ts";
import { decodeBase64, toStructured } from "../../events/http-binding.ts";
import { isObject } from "../../events/json-value.ts";
import { arrivalOf, FIRST_ARRIVAL } from "../../events/pulse-event.ts";
import type { DeadLetter } from "../../storage/ports.ts";
import { type Reason, reasonOf } from "../dead-letter-reason.ts";

/** What a broker and a replay add to an event. */
const ADDED_ON_THE_WAY: ReadonlySet<string> = new Set([
  FIRST_ARRIVAL,
  "knativeerrordest",
  "knativeerrorcode",
  "knativeerrordata",
  "knativearrivaltime",
  "knativebrokerttl",
]);

/**
 * Makes a dead letter of an event. An event that came through a broker and has no `knativeerror*` is one whose delivery ran
 * into the Trigger's `delivery.timeout`. An event that a person posts has no such extension at all: its reason is `unknown`.
 */
export function deadLetterOf(event: CloudEvent, now: number): DeadLetter & { reason: Reason } {
  const { knativeerrordest: destination, knativeerrorcode, knativeerrordata } = event.extensions;
  const code = /^\d{3}$/.test(knativeerrorcode ?? "") ? Number(knativeerrorcode) : undefined;
  const isFailure = destination !== undefined || code !== undefined || knativeerrordata !== undefined;
  const isFromBroker = "knativebrokerttl" in event.extensions || "knativearrivaltime" in event.extensions;
  return {
    id: idOf(event, destination),
    event,
    reason: isFailure ? reasonOf(code) : isFromBroker ? "timeout" : "unknown",
    destination,
    code,
    detail: detailOf(knativeerrordata),
    time: now,
  };
}

/** Where an event could not be delivered, without what may be a secret: many webhooks have one in their path or query. */
export function shownDestination(destination: string | undefined): string | undefined {
  if (destination === undefined || !URL.canParse(destination)) return destination;
  const { origin, host, protocol, pathname, search } = new URL(destination);
  const server = origin === "null" ? `${protocol}//${host}` : origin;
  return pathname.length > 1 || search !== "" ? `${server}/…` : `${server}/`;
}

// An event of one pulse has the pulse's id, which counts within its service: the subject names that.
// 96 bits: among a billion dead letters, two share an id with a chance of one in 10^11.
function idOf({ source, id, subject }: CloudEvent, destination: string | undefined): string {
  const identity = JSON.stringify([source, id, destination ?? null, ...(subject === undefined ? [] : [subject])]);
  return createHash("sha256").update(identity).digest("hex").slice(0, 24);
}

// Brokers write the answer's body in base64, cut at 1,024 bytes. Anything else counts as the text itself.
function detailOf(data: string | undefined): string | undefined {
  if (data === undefined || data === "") return undefined;
  const bytes = decodeBase64(data);
  if (bytes === undefined) return data;
  // The cut may split a character of several bytes: its rest is left out.
  const text = bytes.toString("utf8").replace(/\ufffd$/, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells bytes from text
  return /[\ufffd\x00-\x08\x0e-\x1f]/.test(text) ? data : text;
}

/** The event as its sender sent it. */
function asSent(event: CloudEvent): CloudEvent {
  const extensions = Object.fromEntries(
    Object.entries(event.extensions).filter(([name]) => !ADDED_ON_THE_WAY.has(name)),
  );
  return { ...event, extensions };
}

/** On an event that goes out with corrected data: if it comes back, the dead letter keeps the data that failed first. */
const CORRECTED = "pulsecorrected";

/**
 * The event to send for a replay. It keeps its source and id, so that a store writes no second row for its pulses.
 * @param correction JSON to send in place of the event's data.
 */
export function asReplayed(event: CloudEvent, correction: string | Buffer | undefined): CloudEvent {
  const replayed = asSent(event);
  // A pulse without a time counts from its first arrival. As the event's `time` that would be a time that its sender gave.
  const arrival = arrivalOf(event);
  if (arrival !== undefined) replayed.extensions[FIRST_ARRIVAL] = new Date(arrival).toISOString();
  if (correction !== undefined) {
    replayed.data = { kind: "bytes", bytes: Buffer.from(correction) };
    replayed.datacontenttype = "application/json";
    replayed.extensions[CORRECTED] = "true";
  }
  return replayed;
}

/** Whether an event went out with corrected data. */
export function isCorrected({ extensions }: CloudEvent): boolean {
  return extensions[CORRECTED] !== undefined;
}

/** The dead letter of a correction that failed: why it failed now, with the event `before` and the correction beside it. */
export function comeBack(failed: DeadLetter, before: DeadLetter | undefined): DeadLetter {
  if (before === undefined) return failed;
  return { ...failed, event: before.event, correction: bytesOf(failed.event).toString() };
}

/** The services that an event names, as far as the event can be read: it may be broken in any way. */
export function servicesOf(event: CloudEvent): Set<string> {
  const services = new Set<string>();
  const add = (value: unknown) => {
    if (typeof value === "string") services.add(value);
  };
  add(event.subject);
  add(event.extensions.partitionkey);
  const data = toStructured(event).data as { service_name?: unknown; pulses?: unknown } | null | undefined;
  add(data?.service_name);
  if (Array.isArray(data?.pulses)) for (const pulse of data.pulses) add(pulse?.service_name);
  return services;
}

const MAX_SHOWN = 10;

/**
 * A dead letter as the API shows it: the event in structured form, a problem document (RFC 9457) as JSON.
 * @param faults what would be refused if it were replayed as it is.
 */
export function viewDeadLetter(deadLetter: DeadLetter, faults: readonly Fault[]) {
  const { detail, replayedAt, event, correction } = deadLetter;
  return {
    id: deadLetter.id,
    reason: deadLetter.reason,
    code: deadLetter.code ?? null,
    destination: shownDestination(deadLetter.destination) ?? null,
    detail: detail === undefined ? null : (problemOf(detail) ?? detail),
    time: new Date(deadLetter.time).toISOString(),
    ...(replayedAt !== undefined && { replayed_at: new Date(replayedAt).toISOString() }),
    services: [...servicesOf(event)].slice(0, MAX_SHOWN),
    faults: faults.slice(0, MAX_SHOWN),
    event: toStructured(asSent(event)),
    ...(correction !== undefined && { correction: parsedOrText(correction) }),
  };
}

// A correction was JSON when it was taken; it is shown even if it has become something else.
function parsedOrText(text: string): unknown {
  const json = parseJson(Buffer.from(text), "");
  return json.ok ? json.value : text;
}

// Brokers do not pass the answer's content type on: an object with one of RFC 9457's members counts as a problem.
function problemOf(detail: string): object | undefined {
  const json = parseJson(Buffer.from(detail), "");
  if (!json.ok) return undefined; // plain text, or cut
  const { value } = json;
  return isObject(value) && PROBLEM_MEMBERS.some((name) => name in value) ? value : undefined;
}

const PROBLEM_MEMBERS = ["type", "title", "status", "detail"];
