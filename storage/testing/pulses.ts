// Pulses to write.
import { randomUUID } from "node:crypto";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import type { StoredPulse } from "../ports.ts";
import type { Span } from "../span.ts";

export const HOUR = 3_600_000;
/** The full hour a day before the tests began: inside every retention, and never in the future. */
export const START = Math.floor(Date.now() / HOUR) * HOUR - DAY_MS;
/** A span that holds every pulse the tests write. */
export const ALL: Span = { from: START - 30 * DAY_MS, to: START + 2 * DAY_MS };

/** The name of a service that no other test writes to. */
export function newService(name = "checkout"): string {
  return `${name}-${randomUUID()}`;
}

/** A pulse with a new identity, of a new service unless one is named. */
export function pulseOf(fields: Partial<Pulse> = {}): Pulse {
  return {
    service_name: fields.service_name ?? newService(),
    event_time: START,
    latency_ms: 12.5,
    status: "ok",
    id: randomUUID(),
    source: "/pulse",
    ...fields,
  };
}

/** Pulses of one service with the ids 0, 1, 2, …, each `stepMs` after the one before. */
export function seriesOf(service: string, count: number, stepMs: number, from = START): Pulse[] {
  return Array.from({ length: count }, (_, i) =>
    pulseOf({ service_name: service, event_time: from + i * stepMs, latency_ms: i, id: String(i) }),
  );
}

/** What reading a written pulse must give. */
export function asStored(pulse: Pulse): StoredPulse {
  const { is_time_of_arrival: _, traceparent: __, ...stored } = pulse;
  return stored;
}

/** The order of reading: newest first, then by the UTF-8 bytes of source and id. */
export function inReadingOrder(a: StoredPulse, b: StoredPulse): number {
  return b.event_time - a.event_time || byBytes(a.source, b.source) || byBytes(a.id, b.id);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
