import type { CloudEvent } from "../../events/cloud-event.ts";
import { decodeEvents, eventModeOf, isForeignFormat } from "../../events/http-binding.ts";
import type { Pulse } from "../../events/pulse.ts";
import { pulsesOf } from "../../events/pulse-event.ts";
import { parseTime } from "../../events/time.ts";
import { badRequest, contentOf, problem, tryLater } from "../../http/problem.ts";
import { RecentRefusal } from "../../http/recent-refusal.ts";
import type { HttpReply, HttpRequest } from "../../http/route.ts";
import type { PulseWriter, StoreLifecycle } from "../../storage/ports.ts";
import { Deliveries, deliveryOf } from "../deliveries.ts";
import type { Logger } from "../log.ts";
import { MAX_REFUSAL_BYTES, replyToWrite } from "../outcome-replies.ts";
import type { PulseFunction } from "../pulse-function.ts";
import type { PersistMetrics } from "./persist-metrics.ts";

export interface PersistOptions {
  store: PulseWriter & StoreLifecycle & { readonly queuedRows: number };
  metrics: PersistMetrics;
  retentionMs: number;
  maxPulses: number;
  /** Rows that may wait for the store. With more of them, the answer is 429. */
  maxQueuedRows: number;
}

/** The event that brought the pulses. */
interface Origin {
  delivery: string | undefined;
  /** When the broker accepted the event, in epoch ms, if the broker noted it. */
  arrival: number | undefined;
  /** Of the event's body. */
  bytes: number;
  trail: object;
  log: Logger;
}

/** pulse-persist: takes the broker's events and answers 204 once their pulses are stored. */
export function createPersist(options: PersistOptions): PulseFunction {
  const { store, metrics, retentionMs, maxPulses, maxQueuedRows } = options;
  const deliveries = new Deliveries();
  const refusal = new RecentRefusal();

  // Not async: the function ends before the write, so that a waiting write holds the pulses in memory and not the body.
  function persist(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const mode = eventModeOf(request.headers);
    if (mode === undefined || mode === "batch" || isForeignFormat(request.headers, mode)) {
      const expected = "Expected one CloudEvent 1.0 in JSON, binary or structured";
      return problem(415, "Unsupported media type", `${expected}, got Content-Type ${contentOf(request.headers)}.`);
    }
    const decoded = decodeEvents(mode, request.headers, request.body, request.rawHeaders);
    if (!decoded.ok) return badRequest(decoded.faults);
    const event = decoded.value[0] as CloudEvent;
    const { traceparent, knativearrivaltime } = event.extensions;
    const trail = { eventId: event.id, source: event.source, ...(traceparent !== undefined && { traceparent }) };
    const parsed = pulsesOf(event, { now: Date.now(), retentionMs, maxPulses });
    if (!parsed.ok) return { ...badRequest(parsed.faults), trail };
    if (store.queuedRows > maxQueuedRows) {
      return { ...tryLater(429, "Too many rows wait for the store.", 1000), trail };
    }
    const arrival = parseTime(knativearrivaltime);
    const origin = { delivery: deliveryOf(event), arrival, bytes: request.body.length, trail, log: request.log };
    return write(parsed.value, origin);
  }

  async function write(pulses: readonly Pulse[], { delivery, arrival, bytes, trail, log }: Origin): Promise<HttpReply> {
    const outcome = await store.write(pulses);
    const reply = replyToWrite(outcome);
    // Without a pulse nothing is asked of the store, and success says nothing of it.
    if (pulses.length > 0) refusal.note(outcome.kind === "retry" ? outcome.reason : undefined, bytes);
    if (outcome.kind === "stored") {
      if (deliveries.isFirst(delivery)) {
        metrics.observeStored(pulses, arrival);
      } else {
        metrics.observeStoredAgain(pulses.length);
      }
      if (log.isLevelEnabled("debug")) {
        const traceparents = new Set(pulses.map((pulse) => pulse.traceparent).filter((trace) => trace !== undefined));
        log.debug({ ...trail, pulses: pulses.length, traceparents: [...traceparents].slice(0, 20) }, "event stored");
      }
    }
    return { ...reply, trail: { ...trail, ...reply.trail } };
  }

  return {
    name: "pulse-persist",
    routes: [{ method: "POST", path: "/", trace: "continues", handle: persist }],
    maxRefusalBytes: MAX_REFUSAL_BYTES,
    check: async () => {
      await store.check();
      return refusal.reason && `Pulses are not stored: ${refusal.reason}`;
    },
    close: () => store.close(),
  };
}
