import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import type { DeadLetter, PulseReader, PulseWriter, Span, StoredPulse } from "../ports.ts";

/** The full hour that lay a day before the tests began: inside every retention, and never in the future. */
export const START = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 86_400_000;
export const HOUR = 3_600_000;
/** A span that holds every pulse the tests write. */
export const ALL: Span = { from: START - 20 * 86_400_000, to: START + 2 * 86_400_000 };

/** A service that no other test writes to. */
export function newService(name = "checkout"): string {
  return `${name}-${randomUUID()}`;
}

/** A pulse with a new identity. */
export function pulseOf(fields: Partial<Pulse> & Pick<Pulse, "service_name">): Pulse {
  return { event_time: START, latency_ms: 12.5, status: "ok", id: randomUUID(), source: "/pulse", ...fields };
}

/** Pulses of one service with the ids 0, 1, 2, …, each `stepMs` after the one before. */
export function seriesOf(service: string, count: number, stepMs: number, from = START): Pulse[] {
  return Array.from({ length: count }, (_, i) =>
    pulseOf({ service_name: service, event_time: from + i * stepMs, latency_ms: i, id: String(i) }),
  );
}

/** Writes and insists that it was stored. */
export async function store(writer: PulseWriter, pulses: readonly Pulse[]): Promise<void> {
  expect(await writer.write(pulses)).toEqual({ kind: "stored" });
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

/** Follows the cursors from the first page to the last. */
export async function readPages(
  reader: PulseReader,
  service: string,
  { span = ALL, limit = 100 }: { span?: Span; limit?: number } = {},
): Promise<StoredPulse[]> {
  const pulses: StoredPulse[] = [];
  let cursor: string | undefined;
  do {
    const page = await reader.page(service, span, limit, cursor);
    if (!page.ok) throw new Error(`Expected a page, got ${JSON.stringify(page.faults)}`);
    expect(page.value.pulses.length).toBeLessThanOrEqual(limit);
    pulses.push(...page.value.pulses);
    cursor = page.value.cursor;
  } while (cursor !== undefined);
  return pulses;
}

/** The chunks of a scan. */
export async function scanChunks(
  reader: PulseReader,
  service: string,
  span = ALL,
): Promise<(readonly StoredPulse[])[]> {
  const chunks: (readonly StoredPulse[])[] = [];
  for await (const chunk of reader.scan(service, span)) chunks.push(chunk);
  return chunks;
}

/** The newest pulse of one service as `latest` has it. */
export async function latestOf(reader: PulseReader, service: string): Promise<StoredPulse | undefined> {
  return (await reader.latest()).find((pulse) => pulse.service_name === service);
}

/** A letter with a new identity. */
export function letterOf(fields: Partial<DeadLetter> = {}): DeadLetter {
  const id = fields.id ?? randomUUID();
  return {
    id,
    event: {
      id,
      source: "/checkout",
      type: "dev.pulsemesh.pulse.v1",
      time: "2026-01-02T03:04:05.678Z",
      subject: "checkout",
      datacontenttype: "application/json",
      extensions: { partitionkey: "checkout", knativeerrorcode: "400" },
      data: { kind: "bytes", bytes: Buffer.from('{"latency_ms":-1}') },
    },
    reason: "rejected",
    destination: "http://pulse-persist.default.svc.cluster.local/",
    code: 400,
    detail: "Expected milliseconds",
    time: START,
    ...fields,
  };
}
