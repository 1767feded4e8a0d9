import { bytesOf } from "../../events/cloud-event.ts";
import type { Fault, Parsed } from "../../events/fault.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import { inPieces } from "../../history/pieces.ts";
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

/** How a search shares the process with others. */
interface Share {
  /** Resolves when the next piece may be done. */
  nextTurn: () => Promise<void>;
  /** The search is given up once it aborts. */
  signal?: AbortSignal;
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
  share: Share,
): Promise<Parsed<DeadLetterPage>> {
  const choose = chooserOf(isMeant, share);
  const deadLetters: DeadLetter[] = [];
  let next = cursor;
  let bytes = 0;
  for (let searched = 0; ; ) {
    const wanted = limit - deadLetters.length;
    let page = await store.list(filter, isMeant === undefined ? Math.min(wanted, PAGE) : PAGE, next);
    if (!page.ok) return page;
    let meant = await choose(page.value.deadLetters);
    const enough = meant[wanted - 1];
    // A cursor stands at the end of a page, so the page is read again, just as far as its last dead letter with room.
    if (enough !== undefined && enough !== page.value.deadLetters.at(-1)) {
      page = await store.list(filter, page.value.deadLetters.indexOf(enough) + 1, next);
      if (!page.ok) return page;
      meant = await choose(page.value.deadLetters);
    }
    share.signal?.throwIfAborted();
    searched += page.value.deadLetters.length;
    for (const deadLetter of meant) {
      deadLetters.push(deadLetter);
      bytes += bytesOf(deadLetter.event).length;
    }
    next = page.value.cursor;
    if (next === undefined) return { ok: true, value: { deadLetters } };
    if (deadLetters.length >= limit || bytes >= MAX_PAGE_BYTES || searched >= MAX_SEARCHED) {
      return { ok: true, value: { deadLetters, cursor: next } };
    }
    await share.nextTurn();
  }
}

/** What a walk has found in one page of a store. */
interface Found {
  meant: DeadLetter[];
  /** How many it has looked at. */
  searched: number;
  isLast: boolean;
}

/** All dead letters of a selection, newest first, in chunks of bounded size. */
export async function* walkDeadLetters(
  store: DeadLetterStore,
  { filter, isMeant }: Selection,
  share: Share,
): AsyncGenerator<Found> {
  const choose = chooserOf(isMeant, share);
  let cursor: string | undefined;
  for (;;) {
    const page = await store.list(filter, PAGE, cursor);
    if (!page.ok) throw new Error(`Expected the store to take its own cursor, got ${describe(page.faults)}`);
    const { deadLetters } = page.value;
    cursor = page.value.cursor;
    yield { meant: await choose(deadLetters), searched: deadLetters.length, isLast: cursor === undefined };
    if (cursor === undefined) return;
    await share.nextTurn();
  }
}

// What an event names is read from its data, which may be half a megabyte. SQLite answers at once: without turns nobody else would be
// served until the search ends.
function chooserOf(isMeant: Selection["isMeant"], { nextTurn, signal }: Share) {
  const turn = inPieces(nextTurn);
  return async (deadLetters: DeadLetter[]): Promise<DeadLetter[]> => {
    if (isMeant === undefined) return deadLetters;
    const meant: DeadLetter[] = [];
    for (const deadLetter of deadLetters) {
      signal?.throwIfAborted();
      if (isMeant(deadLetter)) meant.push(deadLetter);
      await turn();
    }
    return meant;
  };
}

function describe(faults: readonly Fault[]): string {
  return faults.map(({ pointer, rule }) => `${pointer}: ${rule}`).join("; ");
}
