// Writes that must be stored, and everything that a store holds, read back.
import { expect } from "vitest";
import type { Parsed } from "../../events/fault.ts";
import type { Pulse } from "../../events/pulse.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterStore, PulseReader, PulseWriter, StoredPulse } from "../ports.ts";
import { ALL } from "./pulses.ts";

/** Writes, and fails unless the answer is `stored`. */
export async function store(writer: PulseWriter, pulses: readonly Pulse[]): Promise<void> {
  expect(await writer.write(pulses)).toEqual({ kind: "stored" });
}

/** The pulses of a service, by following the cursors from the first page to the last. */
export async function readPages(
  reader: PulseReader,
  service: string,
  { span = ALL, limit = 100 } = {},
): Promise<StoredPulse[]> {
  return await readAll(limit, async (cursor) => {
    const page = await reader.page(service, span, limit, cursor);
    return page.ok ? { ok: true, value: { ...page.value, items: page.value.pulses } } : page;
  });
}

/** The dead letters that pass a filter, by following the cursors from the first page to the last. */
export async function listAll(
  deadLetters: DeadLetterStore,
  filter: DeadLetterFilter,
  limit = 100,
): Promise<DeadLetter[]> {
  return await readAll(limit, async (cursor) => {
    const page = await deadLetters.list(filter, limit, cursor);
    return page.ok ? { ok: true, value: { ...page.value, items: page.value.deadLetters } } : page;
  });
}

async function readAll<T>(
  limit: number,
  readPage: (cursor?: string) => Promise<Parsed<{ items: T[]; cursor?: string }>>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await readPage(cursor);
    if (!page.ok) throw new Error(`Expected a page, got ${JSON.stringify(page.faults)}`);
    expect(page.value.items.length).toBeLessThanOrEqual(limit);
    all.push(...page.value.items);
    cursor = page.value.cursor;
  } while (cursor !== undefined);
  return all;
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

/** The newest pulse of every service, sorted by name; only those after a service in the store's order, if it is given. */
export async function readLatest(reader: Pick<PulseReader, "latest">, after?: string): Promise<StoredPulse[]> {
  const pulses: StoredPulse[] = [];
  for await (const chunk of reader.latest(after)) pulses.push(...chunk);
  return pulses.sort((a, b) => (a.service_name < b.service_name ? -1 : 1));
}

/** The newest pulse of one service, as `latest` shows it. */
export async function latestOf(reader: PulseReader, service: string): Promise<StoredPulse | undefined> {
  return (await readLatest(reader)).find((pulse) => pulse.service_name === service);
}
