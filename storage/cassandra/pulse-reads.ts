import type { types } from "cassandra-driver";
import { type Parsed, refuse } from "../../events/fault.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { PulsePage, Span, StoredPulse } from "../ports.ts";
import { RecentMap } from "../recent-map.ts";
import type { Cql } from "./cql.ts";
import { bucketOf, type PulseColumns, type PulseStatements, pulseOf } from "./row.ts";
import type { CassandraSession } from "./session.ts";

export interface PulseReadsOptions {
  session: CassandraSession;
  statements: PulseStatements;
  retentionMs: number;
  now: () => number;
}

/** A place in the order of reading: newest first, then by source and id. */
interface Position {
  time: number;
  source: string;
  id: string;
}

const CURSOR = ["number", "string", "string"] as const;
const CHUNK_ROWS = 2000;
/** Buckets that are read at one time at most. One after the other, a month of a quiet service takes a second. */
const MAX_WIDTH = 8;
const MAX_REMEMBERED = 10_000;
/** The last millisecond of a Date; Cassandra's timestamps go on, but no pulse is there. */
const MAX_TIME = 8_640_000_000_000_000;

/** Reads the tables of pulses. */
export class PulseReads {
  readonly #options: PulseReadsOptions;
  /** The newest bucket of a service when it was last asked for: most likely it still is. */
  readonly #newest = new RecentMap<number>(MAX_REMEMBERED);

  constructor(options: PulseReadsOptions) {
    this.#options = options;
  }

  async page(service: string, span: Span, limit: number, cursor?: string): Promise<Parsed<PulsePage>> {
    let after: Position | undefined;
    if (cursor !== undefined) {
      const position = decodeCursor(CURSOR, cursor);
      if (!position.ok) return position;
      const [time, source, id] = position.value;
      if (Math.abs(time) > MAX_TIME)
        return refuse("/cursor", "Expected the cursor of the page before, unchanged", cursor);
      after = { time, source, id };
    }
    const pulses: StoredPulse[] = [];
    // One more than asked for says whether there is another page.
    for await (const chunk of this.#read(service, span, limit + 1, after)) {
      for (const pulse of chunk) {
        if (pulses.length < limit) {
          pulses.push(pulse);
          continue;
        }
        const last = pulses.at(-1);
        if (last === undefined) return { ok: true, value: { pulses } };
        return { ok: true, value: { pulses, cursor: encodeCursor(CURSOR, [last.event_time, last.source, last.id]) } };
      }
    }
    return { ok: true, value: { pulses } };
  }

  async *scan(service: string, span: Span): AsyncGenerator<readonly StoredPulse[]> {
    yield* this.#read(service, span, Number.POSITIVE_INFINITY, undefined);
  }

  async latest(): Promise<StoredPulse[]> {
    const { client, bucketMs } = await this.#options.session.insistOnReady();
    const { statements, retentionMs, now } = this.#options;
    const horizon = now() - retentionMs;
    const found: Promise<StoredPulse | undefined>[] = [];
    let pageState: string | undefined;
    do {
      const result = await client.execute(statements.listLatest, [], {
        fetchSize: 500,
        ...(pageState && { pageState }),
      });
      const doubtful: Promise<unknown>[] = [];
      for (const row of result.rows) {
        const service: string = row.service_name;
        const columns: LatestColumns | null = row.pulse;
        if (columns === null) continue;
        const pulse = pulseOf(service, columns);
        if (columns.is_time_of_arrival !== true) {
          if (pulse.event_time >= horizon) found.push(Promise.resolve(pulse));
          continue;
        }
        const sure = this.#confirm(client, bucketMs, pulse);
        doubtful.push(sure);
        found.push(sure);
      }
      await Promise.all(doubtful);
      pageState = result.pageState;
    } while (pageState);
    const pulses = (await Promise.all(found)).filter((pulse) => pulse !== undefined);
    return pulses.sort((a, b) => (a.service_name < b.service_name ? -1 : 1));
  }

  // The time of an arrival may have been given up for an earlier one after `latest` was told of it. Then the newest row
  // says what is the newest: every other pulse that is newer would have displaced it.
  async #confirm(client: Cql, bucketMs: number, pulse: StoredPulse): Promise<StoredPulse | undefined> {
    const { statements } = this.#options;
    const { service_name: service, event_time: time } = pulse;
    const key = [service, bucketOf(time, bucketMs), time, pulse.source, pulse.id];
    const { rowLength } = await client.execute(statements.isStored, key);
    if (rowLength > 0) return pulse;
    const page = await this.page(service, { from: 0, to: MAX_TIME }, 1);
    return page.ok ? page.value.pulses[0] : undefined;
  }

  /**
   * The rows of a span in order, until the reader has the rows it wants. A bucket is not read before the index has said
   * that it holds rows, but for one that did when it was last seen: its rows come together with the index's answer.
   */
  async *#read(
    service: string,
    span: Span,
    wanted: number,
    after: Position | undefined,
  ): AsyncGenerator<readonly StoredPulse[]> {
    const { client, bucketMs } = await this.#options.session.insistOnReady();
    const { retentionMs, now } = this.#options;
    const from = Math.max(span.from, now() - retentionMs);
    // A cursor may come with another span than the one it was made for.
    const position = after !== undefined && after.time < span.to ? after : undefined;
    const to = Math.min(span.to, MAX_TIME, position === undefined ? MAX_TIME : position.time + 1);
    if (from >= to) return;
    const fetchSize = Math.min(wanted, CHUNK_ROWS);
    const begin = (bucket: number): Begun[] =>
      this.#partsOf(service, bucket, { from, to }, position, bucketMs).map((query) => {
        const first = fetchPage(client, query, fetchSize);
        // A reader that leaves early must not leave a rejection behind.
        first.catch(() => {});
        return { query, first };
      });
    const [oldest, newest] = [bucketOf(from, bucketMs), bucketOf(to - 1, bucketMs)];
    const guess = position === undefined ? this.#newest.get(service) : bucketOf(position.time, bucketMs);
    const begun = new Map<number, Begun[]>();
    if (guess !== undefined && guess >= oldest && guess <= newest) begun.set(guess, begin(guess));
    let [got, read, width] = [0, 0, 1];
    let waiting: number[] = [];
    for await (const buckets of this.#buckets(client, service, oldest, newest)) {
      if (read === 0 && buckets[0] !== undefined && to > now()) this.#newest.set(service, buckets[0]);
      waiting.push(...buckets);
      while (waiting.length > 0) {
        const together = waiting.slice(0, width);
        waiting = waiting.slice(width);
        for (const part of together.flatMap((bucket) => begun.get(bucket) ?? begin(bucket))) {
          let page: Page | undefined = await part.first;
          while (page !== undefined) {
            got += page.rows.length;
            if (page.rows.length > 0) yield page.rows.map((row) => pulseOf(service, row));
            page = page.next === undefined ? undefined : await fetchPage(client, part.query, fetchSize, page.next);
          }
        }
        read += together.length;
        // As many as may hold what is still wanted, so that as little as may be is read in vain or held in memory.
        const perBucket = Math.max(1, got / read);
        width = Math.min(2 * width, MAX_WIDTH, Math.max(1, Math.ceil(Math.min(wanted - got, CHUNK_ROWS) / perBucket)));
      }
    }
  }

  /** The queries that read one bucket: after a position, its own millisecond comes first. */
  #partsOf(service: string, bucket: number, span: Span, after: Position | undefined, bucketMs: number): Query[] {
    const { statements } = this.#options;
    if (after === undefined || bucket !== bucketOf(after.time, bucketMs)) {
      return [{ query: statements.newest, params: [service, bucket, span.from, span.to] }];
    }
    return [
      { query: statements.sameTime, params: [service, bucket, after.time, after.source, after.id] },
      { query: statements.newest, params: [service, bucket, span.from, Math.min(span.to, after.time)] },
    ];
  }

  async *#buckets(client: Cql, service: string, from: number, to: number): AsyncGenerator<number[]> {
    const query = { query: this.#options.statements.listBuckets, params: [service, from, to] };
    let page: Page | undefined = await fetchPage(client, query, 200);
    while (page !== undefined) {
      yield page.rows.map((row) => (row.bucket as Date).getTime());
      page = page.next === undefined ? undefined : await fetchPage(client, query, 200, page.next);
    }
  }
}

interface LatestColumns extends PulseColumns {
  is_time_of_arrival: boolean | null;
}

interface Query {
  query: string;
  params: unknown[];
}

/** A query whose first page is on its way. */
interface Begun {
  query: Query;
  first: Promise<Page>;
}

interface Page {
  rows: types.Row[];
  next: string | undefined;
}

async function fetchPage(client: Cql, { query, params }: Query, fetchSize: number, pageState?: string): Promise<Page> {
  const result = await client.execute(query, params, { fetchSize, ...(pageState !== undefined && { pageState }) });
  return { rows: result.rows, next: result.pageState || undefined };
}
