import { bytesOf } from "../../events/cloud-event.ts";
import type { Fault, Parsed } from "../../events/fault.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import { readQuery, TO_BEFORE_FROM } from "../../http/query-parameters.ts";
import type { ValuesOf } from "../../settings/field.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPage, DeadLetterStore } from "../../storage/ports.ts";
import { listParameters, replayParameters, type selectionParameters } from "../dead-letter-parameters.ts";
import type { Grant } from "../tokens/token-file.ts";
import { servicesOf } from "./dead-letter.ts";
import { reaches } from "./reach.ts";

/** A choice of dead letters. What an event names is no part of the filter: stores do not index it. */
export interface Selection {
  filter: DeadLetterFilter;
  /** Whether a dead letter that passes the filter is meant. @default all are */
  isMeant?: ((deadLetter: DeadLetter) => boolean) | undefined;
}

/** Dead letters that are read from the store at one time; each may be as large as a request body. */
const PAGE = 20;
/** An answer's page ends at this size, although it has room for more dead letters. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** The most dead letters that are searched for one page of those that are meant. */
const MAX_SEARCHED = 2000;

/** Reads the query of `GET /dead-letters`. */
export function readListQuery(query: URLSearchParams, grant: Grant) {
  const read = readQuery(listParameters, query);
  return read.ok ? selectionOf(read.value, read.value.replayed, grant) : read;
}

/** Reads the query of `POST /dead-letters/replay`, which selects only dead letters that were not replayed. */
export function readReplayQuery(query: URLSearchParams, grant: Grant) {
  const read = readQuery(replayParameters, query);
  return read.ok ? selectionOf(read.value, false, grant) : read;
}

function selectionOf<T extends ValuesOf<typeof selectionParameters>>(
  given: T,
  isReplayed: boolean | undefined,
  grant: Grant,
): Parsed<T & Selection> {
  const { reason, service, from, to } = given;
  if (from !== undefined && to !== undefined && from >= to) {
    return { ok: false, faults: [TO_BEFORE_FROM] };
  }
  const filter: DeadLetterFilter = {};
  if (reason !== undefined) filter.reason = reason;
  if (isReplayed !== undefined) filter.isReplayed = isReplayed;
  if (from !== undefined || to !== undefined) filter.span = { from: from ?? 0, to: to ?? END_OF_TIME_MS };
  if (service === undefined && grant.coversAll) return { ok: true, value: { ...given, filter } };
  const isMeant = (deadLetter: DeadLetter) =>
    (service === undefined || servicesOf(deadLetter.event).has(service)) && reaches(grant, deadLetter);
  return { ok: true, value: { ...given, filter, isMeant } };
}

/**
 * A page of dead letters, newest first. A page with fewer than `limit` may still have a cursor: large dead letters, or a
 * long search for those that are meant, end it early, so that neither memory nor time grow with the store.
 * @throws once the signal aborts
 */
export async function listDeadLetters(
  store: DeadLetterStore,
  { filter, isMeant }: Selection,
  limit: number,
  cursor: string | undefined,
  signal?: AbortSignal,
): Promise<Parsed<DeadLetterPage>> {
  const deadLetters: DeadLetter[] = [];
  let next = cursor;
  let bytes = 0;
  for (let searched = 0; ; ) {
    const wanted = limit - deadLetters.length;
    let page = await store.list(filter, isMeant === undefined ? Math.min(wanted, PAGE) : PAGE, next);
    if (!page.ok) return page;
    const enough = nthOf(page.value.deadLetters, isMeant, wanted);
    // A cursor stands at the end of a page, so the page is read again, just as far as its last dead letter with room.
    if (enough !== undefined && enough + 1 < page.value.deadLetters.length) {
      page = await store.list(filter, enough + 1, next);
      if (!page.ok) return page;
    }
    signal?.throwIfAborted();
    searched += page.value.deadLetters.length;
    for (const deadLetter of page.value.deadLetters) {
      if (isMeant?.(deadLetter) === false) continue;
      deadLetters.push(deadLetter);
      bytes += bytesOf(deadLetter.event).length;
    }
    next = page.value.cursor;
    if (next === undefined) return { ok: true, value: { deadLetters } };
    if (deadLetters.length >= limit || bytes >= MAX_PAGE_BYTES || searched >= MAX_SEARCHED) {
      return { ok: true, value: { deadLetters, cursor: next } };
    }
  }
}

/** All dead letters of a selection, newest first, in chunks of bounded size. */
export async function* walkDeadLetters(
  store: DeadLetterStore,
  { filter, isMeant }: Selection,
): AsyncGenerator<DeadLetter[]> {
  let cursor: string | undefined;
  do {
    const page = await store.list(filter, PAGE, cursor);
    if (!page.ok) throw new Error(`Expected the store to take its own cursor, got ${describe(page.faults)}`);
    yield page.value.deadLetters.filter((deadLetter) => isMeant?.(deadLetter) ?? true);
    cursor = page.value.cursor;
  } while (cursor !== undefined);
}

/** The index of the nth dead letter that is meant; `undefined` when there are fewer. */
function nthOf(deadLetters: readonly DeadLetter[], isMeant: Selection["isMeant"], nth: number): number | undefined {
  let found = 0;
  for (let i = 0; i < deadLetters.length; i++) {
    if (isMeant?.(deadLetters[i] as DeadLetter) !== false && ++found === nth) return i;
  }
  return undefined;
}

function describe(faults: readonly Fault[]): string {
  return faults.map(({ pointer, rule }) => `${pointer}: ${rule}`).join("; ");
}
