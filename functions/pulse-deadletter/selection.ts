import { bytesOf } from "../../events/cloud-event.ts";
import type { Fault, Parsed } from "../../events/fault.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import { faultOf, moment, readQuery } from "../../http/query-parameters.ts";
import { flag, integer, text, word } from "../../settings/field.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPage, DeadLetterStore } from "../../storage/ports.ts";
import { servicesOf } from "./letter.ts";
import { REASONS } from "./reason.ts";

/** Which letters are meant. */
export interface Selection {
  filter: DeadLetterFilter;
  service: string | undefined;
}

const selectionParameters = {
  reason: word(REASONS),
  service: text("a service's name"),
  from: moment,
  to: moment,
};
const listParameters = {
  ...selectionParameters,
  replayed: flag,
  limit: integer({ min: 1, max: 1000, fallback: 100 }),
  cursor: text("the cursor of the page before"),
};
const replayParameters = { ...selectionParameters, limit: integer({ min: 1, max: 10_000, fallback: 1000 }) };

/** Letters that are taken from the store at one time; each may be as large as a request body. */
const PAGE = 20;
/** Where a page ends although it has room for more letters. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** How many letters are looked through for one page of those of a service. */
const MAX_LOOKED_THROUGH = 2000;

/** The query of `GET /dead-letters`. */
export function readListQuery(
  query: URLSearchParams,
): Parsed<Selection & { limit: number; cursor: string | undefined }> {
  const read = readQuery(listParameters, query);
  if (!read.ok) return read;
  const { limit, cursor, replayed } = read.value;
  const selection = selectionOf(read.value, replayed);
  return selection.ok ? { ok: true, value: { ...selection.value, limit, cursor } } : selection;
}

/** The query of `POST /dead-letters/replay`: of the letters that were not replayed yet. */
export function readReplayQuery(query: URLSearchParams): Parsed<Selection & { limit: number }> {
  const read = readQuery(replayParameters, query);
  if (!read.ok) return read;
  const selection = selectionOf(read.value, false);
  return selection.ok ? { ok: true, value: { ...selection.value, limit: read.value.limit } } : selection;
}

function selectionOf(
  given: { reason: string | undefined; service: string | undefined; from: number | undefined; to: number | undefined },
  isReplayed: boolean | undefined,
): Parsed<Selection> {
  const { reason, service, from, to } = given;
  if (from !== undefined && to !== undefined && from >= to) {
    return { ok: false, faults: [faultOf("to", "a time after from", String(to))] };
  }
  const filter: DeadLetterFilter = {};
  if (reason !== undefined) filter.reason = reason;
  if (isReplayed !== undefined) filter.isReplayed = isReplayed;
  if (from !== undefined || to !== undefined) filter.span = { from: from ?? 0, to: to ?? END_OF_TIME_MS };
  return { ok: true, value: { filter, service } };
}

/**
 * A page of letters, newest first. It may hold fewer than `limit` and still have a cursor: large letters and a long
 * search for those of one service end it early, so that neither memory nor time grow with the store.
 */
export async function listLetters(
  store: DeadLetterStore,
  { filter, service }: Selection,
  limit: number,
  cursor: string | undefined,
): Promise<Parsed<DeadLetterPage>> {
  const letters: DeadLetter[] = [];
  let next = cursor;
  let bytes = 0;
  for (let looked = 0; ; ) {
    const wanted = limit - letters.length;
    let page = await store.list(filter, service === undefined ? Math.min(wanted, PAGE) : PAGE, next);
    if (!page.ok) return page;
    const enough = nthOf(page.value.letters, service, wanted);
    // A cursor stands at the end of a page: this one is read again, just as far as its last letter that has room.
    if (enough !== undefined && enough + 1 < page.value.letters.length) {
      page = await store.list(filter, enough + 1, next);
      if (!page.ok) return page;
    }
    looked += page.value.letters.length;
    for (const letter of page.value.letters) {
      if (!isOf(letter, service)) continue;
      letters.push(letter);
      bytes += bytesOf(letter.event).length;
    }
    next = page.value.cursor;
    if (next === undefined) return { ok: true, value: { letters } };
    if (letters.length >= limit || bytes >= MAX_PAGE_BYTES || looked >= MAX_LOOKED_THROUGH) {
      return { ok: true, value: { letters, cursor: next } };
    }
  }
}

/** All letters of a selection, newest first, in chunks of bounded size. */
export async function* walkLetters(
  store: DeadLetterStore,
  { filter, service }: Selection,
): AsyncGenerator<DeadLetter[]> {
  let cursor: string | undefined;
  do {
    const page = await store.list(filter, PAGE, cursor);
    if (!page.ok) throw new Error(`Expected the store to take its own cursor, got ${describe(page.faults)}`);
    yield page.value.letters.filter((letter) => isOf(letter, service));
    cursor = page.value.cursor;
  } while (cursor !== undefined);
}

function isOf(letter: DeadLetter, service: string | undefined): boolean {
  return service === undefined || servicesOf(letter.event).has(service);
}

/** Where the nth letter of a service stands; `undefined` when there are fewer. */
function nthOf(letters: readonly DeadLetter[], service: string | undefined, nth: number): number | undefined {
  let found = 0;
  for (let i = 0; i < letters.length; i++) {
    if (isOf(letters[i] as DeadLetter, service) && ++found === nth) return i;
  }
  return undefined;
}

function describe(faults: readonly Fault[]): string {
  return faults.map(({ pointer, rule }) => `${pointer}: ${rule}`).join("; ");
}
