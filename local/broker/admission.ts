// What the broker adds to an event that enters, and who wants it.
import type { CloudEvent } from "../../events/cloud-event.ts";
import { bytesOf } from "../../events/cloud-event.ts";
import type { Predicate } from "./filters/attributes.ts";
import type { AddOutcome, NewEvent } from "./journal.ts";
import type { Lane } from "./lane.ts";

/** A Trigger's filter and the lane behind it. */
export interface Route {
  wants: Predicate;
  lane: Lane;
}

/** An event that may enter; or none, when it has come round too often. */
export type Admission = { kind: "wanted"; event: NewEvent } | { kind: "unmatched" } | { kind: "hop-limit" };

const TTL = "knativebrokerttl";
/** How often an event and the replies to it may enter, one after the other. */
const DEFAULT_TTL = 255;

/**
 * Makes an event ready to be stored: notes its arrival, counts it down, finds the lanes that want it.
 * `causeTtl` is that of the event it replies to. `done` is told first what became of it.
 */
export function admit(
  event: CloudEvent,
  { routes, causeTtl, done }: { routes: readonly Route[]; causeTtl?: number; done: (outcome: AddOutcome) => void },
): Admission {
  const { extensions } = event;
  // As Knative's ingress: every arrival is a new one, and every event counts down, replies from where their cause was.
  const ttl = causeTtl === undefined ? countDown(extensions[TTL]) : causeTtl - 1;
  if (ttl <= 0) return { kind: "hop-limit" };
  if (extensions[TTL] !== undefined) delete extensions[TTL];
  extensions.knativearrivaltime = new Date().toISOString();
  if (event.data.kind === "json") {
    event.data = { kind: "bytes", bytes: bytesOf(event) };
    event.datacontenttype ??= "application/json"; // the JSON format's default, which binary mode has not
  }
  const lanes: Lane[] = [];
  for (const { wants, lane } of routes) if (wants(event)) lanes.push(lane);
  if (lanes.length === 0) return { kind: "unmatched" };
  const newEvent: NewEvent = {
    event,
    ttl,
    lanes: lanes.map((lane) => lane.id),
    bytes: sizeOf(event),
    done(outcome) {
      done(outcome);
      if (outcome.kind === "stored") for (const lane of lanes) lane.offer(outcome.stored);
    },
  };
  return { kind: "wanted", event: newEvent };
}

function countDown(ttl: string | undefined): number {
  return ttl !== undefined && /^-?\d{1,9}$/.test(ttl) ? Number(ttl) - 1 : DEFAULT_TTL;
}

function sizeOf({ id, source, type, subject = "", dataschema = "", extensions, data }: CloudEvent): number {
  let size = id.length + source.length + type.length + subject.length + dataschema.length;
  for (const name in extensions) size += name.length + (extensions[name] as string).length + 6;
  return data.kind === "bytes" ? size + data.bytes.length : size;
}
