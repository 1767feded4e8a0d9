// What the broker adds to an event that enters, and which queues take it.
import type { CloudEvent } from "../../events/cloud-event.ts";
import { bytesOf } from "../../events/cloud-event.ts";
import type { Predicate } from "./filters.ts";
import type { AddOutcome, NewEvent } from "./journal.ts";
import type { SubscriberQueue } from "./subscriber-queue.ts";

/** A Trigger's filter, and the queue for what passes it. */
export interface Subscription {
  wants: Predicate;
  queue: SubscriberQueue;
}

/** An event with the queues that take it, or why it does not enter: no Trigger wants it, or its hops are used up. */
export type Admission = { kind: "wanted"; event: NewEvent } | { kind: "unmatched" } | { kind: "hop-limit" };

const TTL = "knativebrokerttl";
/** How many times an event and the chain of replies to it may enter. */
const DEFAULT_TTL = 255;

/**
 * Makes an event ready to be stored: writes its arrival time, counts its hops down, finds the queues that take it.
 * `causeTtl` is the hop limit of the event that this one replies to. `done` hears the outcome before
 * the queues do, and whether one of them takes more than it delivers.
 */
export function admit(
  event: CloudEvent,
  {
    subscriptions,
    causeTtl,
    done,
  }: {
    subscriptions: readonly Subscription[];
    causeTtl?: number;
    done: (outcome: AddOutcome, isOverloaded: boolean) => void;
  },
): Admission {
  const { extensions } = event;
  // As Knative's ingress does: each entry gets a new arrival time and takes one hop; a reply goes on from its cause's hops.
  const ttl = causeTtl === undefined ? countDown(extensions[TTL]) : causeTtl - 1;
  if (ttl <= 0) return { kind: "hop-limit" };
  if (extensions[TTL] !== undefined) delete extensions[TTL];
  extensions.knativearrivaltime = new Date().toISOString();
  if (event.data.kind === "json") {
    // As Knative does: without datacontenttype it leaves without a content type.
    event.data = { kind: "bytes", bytes: bytesOf(event) };
  }
  const queues: SubscriberQueue[] = [];
  for (const { wants, queue } of subscriptions) if (wants(event)) queues.push(queue);
  if (queues.length === 0) return { kind: "unmatched" };
  const newEvent: NewEvent = {
    event,
    ttl,
    queues: queues.map((queue) => queue.id),
    bytes: sizeOf(event),
    done(outcome) {
      done(
        outcome,
        queues.some((queue) => queue.isOverloaded),
      );
      if (outcome.kind === "stored") for (const queue of queues) queue.offer(outcome.stored);
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
