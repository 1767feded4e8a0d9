import { createHash } from "node:crypto";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { toStructured } from "../../events/http-binding.ts";
import type { DeadLetter } from "../../storage/ports.ts";
import { type Reason, reasonOf } from "./reason.ts";

/** What a broker adds to an event on its way; an event that is sent again goes without. */
const ADDED_BY_BROKER: ReadonlySet<string> = new Set([
  "knativeerrordest",
  "knativeerrorcode",
  "knativeerrordata",
  "knativearrivaltime",
  "knativebrokerttl",
]);

/** Makes a letter of an event that came as one; without `knativeerror*`, as when a person posts it, its reason is `unknown`. */
export function letterOf(event: CloudEvent, now: number): DeadLetter & { reason: Reason } {
  const { knativeerrordest: destination, knativeerrorcode, knativeerrordata } = event.extensions;
  const code = /^\d{3}$/.test(knativeerrorcode ?? "") ? Number(knativeerrorcode) : undefined;
  const isFailure = destination !== undefined || code !== undefined || knativeerrordata !== undefined;
  return {
    id: idOf(event, destination),
    event,
    reason: isFailure ? reasonOf(code) : "unknown",
    destination,
    code,
    detail: detailOf(knativeerrordata),
    time: now,
  };
}

// 96 bits: among a billion letters the chance that two share an id is one in 10^11.
function idOf(event: CloudEvent, destination: string | undefined): string {
  const identity = JSON.stringify([event.source, event.id, destination ?? null]);
  return createHash("sha256").update(identity).digest("hex").slice(0, 24);
}

// Brokers write the answer's body in base64, cut at 1,024 bytes; what is no base64 of text is taken as text itself.
function detailOf(data: string | undefined): string | undefined {
  if (data === undefined || data === "") return undefined;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(data)) return data;
  // The cut may have gone through a character of several bytes: such a rest is left out, anything else is no text.
  const text = Buffer.from(data, "base64")
    .toString("utf8")
    .replace(/\ufffd$/, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells bytes from text
  return /[\ufffd\x00-\x08\x0e-\x1f]/.test(text) ? data : text;
}

/** The event as it was before brokers added to it. */
export function asSent(event: CloudEvent): CloudEvent {
  const extensions = Object.fromEntries(
    Object.entries(event.extensions).filter(([name]) => !ADDED_BY_BROKER.has(name)),
  );
  return { ...event, extensions };
}

/**
 * The event to send for a replay: with its own source and id, so that a pulse of it that is stored already stays one.
 * @param data what to put in place of the event's data, as JSON.
 */
export function asReplayed(event: CloudEvent, data: Buffer | undefined): CloudEvent {
  const replayed = asSent(event);
  // Without a time of its own an event counts from its arrival: from the first one, not from that of the replay.
  const arrival = event.extensions.knativearrivaltime;
  if (replayed.time === undefined && arrival !== undefined) replayed.time = arrival;
  if (data !== undefined) {
    replayed.data = { kind: "bytes", bytes: data };
    replayed.datacontenttype = "application/json";
  }
  return replayed;
}

/** The services that an event is about, as far as that can be told; it may be broken in any way. */
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

/** A letter as it is shown: the event in the form that any broker takes, an answer that was problem+json as JSON. */
export function viewLetter(letter: DeadLetter) {
  return {
    id: letter.id,
    reason: letter.reason,
    code: letter.code ?? null,
    destination: letter.destination ?? null,
    detail: letter.detail === undefined ? null : (problemOf(letter.detail) ?? letter.detail),
    time: new Date(letter.time).toISOString(),
    ...(letter.replayedAt !== undefined && { replayed_at: new Date(letter.replayedAt).toISOString() }),
    event: toStructured(asSent(letter.event)),
  };
}

// An answer's content type is not passed on: an object with one of RFC 9457's members is a problem.
function problemOf(detail: string): object | undefined {
  try {
    const value: unknown = JSON.parse(detail);
    const isProblem =
      typeof value === "object" &&
      value !== null &&
      ["type", "title", "status", "detail"].some((name) => name in value);
    return isProblem ? value : undefined;
  } catch {
    return undefined; // plain text, or cut
  }
}
