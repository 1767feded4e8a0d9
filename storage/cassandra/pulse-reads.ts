import type { types } from "cassandra-driver";
import type { Parsed } from "../../events/fault.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import { BoundedMap } from "../bounded-map.ts";
import { bytesOf, countFitting, cutPage, decodeCursor, MAX_PAGE_BYTES, type PulseCursor } from "../cursor.ts";
import type { Measure, PulsePage, StoredPulse } from "../ports.ts";
import type { Span } from "../span.ts";
import { BucketPlan } from "./bucket-plan.ts";
import { type Cql, pagesOf, type Statement } from "./cql.ts";
import { bucketOf, latestOfRow, measureOfRow, type PulseTables, pulseOf, pulseOfRow } from "./pulse-row.ts";

const CHUNK_ROWS = 2000;
/** Rows of a page of measures: of more, most are still held when the young generation is full, and become old garbage. */
const MEASURE_ROWS = 500;
/** Rows of the first page of a service whose rows have not been seen. */
const FIRST_ROWS = 200;
const SAMPLE_ROWS = 20;
const INDEX_ROWS = 200;
/** Newest pulses of services that are read at once. */
const LATEST_ROWS = 500;
const MAX_REMEMBERED = 10_000;
/** That rows were passed over is said once in this time. */
const SAY_AGAIN_MS = 60_000;

/** What is read of each row. */
interface What<T> {
  query: string;
  /** A row, or `undefined` where its values have expired before it. */
  parse(service: string, row: types.Row): T | undefined;
  pageRows(service: string): number;
  note?(service: string, parsed: readonly T[]): void;
}

/** Reads the tables of pulses. */
export class PulseReads {
  readonly #tables: PulseTables;
  /** The newest bucket of a service when it was last read: most likely it still is the newest. */
  readonly #newest = new BoundedMap<number>(MAX_REMEMBERED);

  /** What a row of a service weighs, by the last page that was read. */
  readonly #bytesPerRow = new BoundedMap<number>(MAX_REMEMBERED);
  readonly #onLine: ((line: string) => void) | undefined;
  #passedOver = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  readonly #whole: What<StoredPulse>;

  constructor(tables: PulseTables, onLine?: (line: string) => void) {
    this.#tables = tables;
    this.#whole = {
      query: tables.statements.newest,
      parse: pulseOfRow,
      pageRows: (service) => this.#pageRowsOf(service),
      note: (service, pulses) => this.#bytesPerRow.set(service, bytesPerRowOf(pulses)),
    };
    this.#onLine = onLine;
  }

  async page(service: string, span: Span, limit: number, cursor?: string): Promise<Parsed<PulsePage>> {
    const after = decodeCursor<PulseCursor>(cursor, 3);
    if (!after.ok) return after;
    const pulses: StoredPulse[] = [];
    // One more than the page holds tells whether another page follows.
    for await (const chunk of this.#read(service, span, limit + 1, after.value, this.#whole)) {
      pulses.push(...chunk);
      if (pulses.length > countFitting(pulses, limit)) break;
    }
    const rest = cutPage(pulses, countFitting(pulses, limit), ({ event_time, source, id }) => [event_time, source, id]);
    return { ok: true, value: { pulses, ...rest } };
  }

  scan(service: string, span: Span): AsyncGenerator<readonly StoredPulse[]> {
    return this.#read(service, span, Number.POSITIVE_INFINITY, undefined, this.#whole);
  }

  measures(service: string, span: Span): AsyncGenerator<readonly Measure[]> {
    const { measures } = this.#tables.statements;
    const what = { query: measures, parse: measureOfRow, pageRows: () => MEASURE_ROWS };
    return this.#read(service, span, Number.POSITIVE_INFINITY, undefined, what);
  }

  /** In the order of the services' tokens. */
  async *latest(after?: string, isBare = false): AsyncGenerator<readonly StoredPulse[]> {
    const { session, statements, horizon } = this.#tables;
    const { client, bucketMs } = await session.insist();
    const oldest = horizon();
    const { listLatest, listLatestAfter, listLatestBare, listLatestBareAfter } = statements;
    const [all, some] = isBare ? [listLatestBare, listLatestBareAfter] : [listLatest, listLatestAfter];
    const query = after === undefined ? { query: all, params: [] } : { query: some, params: [after] };
    let rowsOfPage = isBare ? LATEST_ROWS : FIRST_ROWS;
    for await (const rows of pagesOf(client, query, () => rowsOfPage)) {
      const read = await Promise.all(rows.map((row) => this.#latestOf(client, bucketMs, row, isBare)));
      const pulses = read.filter((pulse) => pulse !== undefined && pulse.event_time >= oldest) as StoredPulse[];
      if (pulses.length > 0) {
        yield pulses;
        if (!isBare)
          rowsOfPage = Math.min(LATEST_ROWS, Math.max(1, Math.floor(MAX_PAGE_BYTES / bytesPerRowOf(pulses))));
      }
    }
  }

  async *names(): AsyncGenerator<readonly string[]> {
    const { session, statements } = this.#tables;
    const { client } = await session.insist();
    for await (const rows of pagesOf(client, { query: statements.listNames, params: [] }, () => CHUNK_ROWS)) {
      const names: string[] = [];
      for (const { service_name: name, writetime } of rows) {
        // Without a pulse: the service was forgotten, and may have come again with earlier ones.
        if (writetime !== null || (await this.#newestOf(name, true)) !== undefined) names.push(name);
      }
      if (names.length > 0) yield names;
    }
  }

  // An arrival may have given up its time for an earlier one after it became the latest. Then the newest row tells
  // which pulse is the newest: any other pulse that is newer would have displaced the arrival.
  async #latestOf(client: Cql, bucketMs: number, row: types.Row, isBare: boolean): Promise<StoredPulse | undefined> {
    const columns = latestOfRow(row);
    if (columns === null) return await this.#newestOf(row.service_name, isBare);
    const pulse = pulseOf(row.service_name, columns);
    if (columns.is_time_of_arrival !== true) return pulse;
    const { service_name: service, event_time: time, source, id } = pulse;
    const key = [service, bucketOf(time, bucketMs), time, source, id];
    const { rowLength } = await client.execute(this.#tables.statements.isStored, key);
    return rowLength > 0 ? pulse : await this.#newestOf(service, isBare);
  }

  async #newestOf(service: string, isBare: boolean): Promise<StoredPulse | undefined> {
    for await (const [pulse] of this.#read(service, { from: 0, to: END_OF_TIME_MS }, 1, undefined, this.#whole)) {
      if (pulse !== undefined && isBare) delete pulse.metadata;
      return pulse;
    }
    return undefined;
  }

  /**
   * The rows of a span in order, until the reader has what it wants. A bucket is read once the index shows that it
   * holds rows. One is read together with the index: the one that was the newest when the service was last read, or
   * that of the cursor.
   */
  async *#read<T>(
    service: string,
    span: Span,
    wantedRows: number,
    after: PulseCursor | undefined,
    what: What<T>,
  ): AsyncGenerator<readonly T[]> {
    const { session, statements, horizon, now } = this.#tables;
    const { client, bucketMs } = await session.insist();
    // A cursor may come with another span than the one it was made for.
    const cursor = after !== undefined && after[0] < span.to ? after : undefined;
    const from = Math.max(span.from, horizon());
    const to = Math.min(span.to, END_OF_TIME_MS, cursor === undefined ? END_OF_TIME_MS : cursor[0] + 1);
    if (from >= to) return;
    const start = (bucket: number) =>
      this.#queriesOf(service, bucket, { from, to }, cursor, bucketMs, what.query).map((query) =>
        pagesOf(client, query, () => Math.min(wantedRows, what.pageRows(service))),
      );
    const [oldest, newest] = [bucketOf(from, bucketMs), bucketOf(to - 1, bucketMs)];
    const guess = cursor === undefined ? this.#newest.get(service) : bucketOf(cursor[0], bucketMs);
    const guessed = guess !== undefined && guess >= oldest && guess <= newest ? start(guess) : undefined;
    const plan = new BucketPlan(wantedRows);
    // Only a span that reaches the present begins with the service's newest bucket.
    let isNewestNext = to > now();
    const index = { query: statements.listBuckets, params: [service, oldest, newest] };
    for await (const rows of pagesOf(client, index, () => INDEX_ROWS)) {
      const buckets = rows.map((row) => (row.bucket as Date).getTime());
      if (isNewestNext && buckets[0] !== undefined) this.#newest.set(service, buckets[0]);
      isNewestNext = false;
      plan.add(buckets);
      for (let together = plan.next(); together.length > 0; together = plan.next()) {
        const started = together.flatMap((bucket) => (bucket === guess && guessed) || start(bucket));
        for (const pages of started) {
          for await (const page of pages) {
            plan.note(page.length);
            const parsed = this.#parse(service, page, what);
            if (parsed.length > 0) yield parsed;
          }
        }
      }
    }
  }

  // Values may be gone before their row, where it was written again under one write time after its first copy had expired.
  #parse<T>(service: string, rows: readonly types.Row[], { parse, note }: What<T>): T[] {
    const parsed: T[] = [];
    for (const row of rows) {
      const one = parse(service, row);
      if (one === undefined) this.#passedOver++;
      else parsed.push(one);
    }
    const now = performance.now();
    if (parsed.length < rows.length && now - this.#saidAt > SAY_AGAIN_MS) {
      this.#saidAt = now;
      this.#onLine?.(`${this.#passedOver} rows without values were passed over so far, the last of ${service}`);
    }
    if (parsed.length > 0) note?.(service, parsed);
    return parsed;
  }

  /** Rows of one page: as many as weigh {@link MAX_PAGE_BYTES}, by the last ones that were read of the service. */
  #pageRowsOf(service: string): number {
    const bytes = this.#bytesPerRow.get(service);
    if (bytes === undefined) return FIRST_ROWS;
    return Math.min(CHUNK_ROWS, Math.max(1, Math.floor(MAX_PAGE_BYTES / bytes)));
  }

  /** The queries that read one bucket: after a cursor, the cursor's own millisecond comes first. */
  #queriesOf(
    service: string,
    bucket: number,
    { from, to }: Span,
    cursor: PulseCursor | undefined,
    bucketMs: number,
    query: string,
  ): Statement[] {
    const { sameTime } = this.#tables.statements;
    if (cursor === undefined || bucket !== bucketOf(cursor[0], bucketMs)) {
      return [{ query, params: [service, bucket, from, to] }];
    }
    return [
      { query: sameTime, params: [service, bucket, ...cursor] },
      { query, params: [service, bucket, from, Math.min(to, cursor[0])] },
    ];
  }
}

/** What one of some pulses weighs, by a sample. */
function bytesPerRowOf(pulses: readonly StoredPulse[]): number {
  const step = Math.max(1, Math.floor(pulses.length / SAMPLE_ROWS));
  let bytes = 0;
  let count = 0;
  for (let i = 0; i < pulses.length; i += step) {
    bytes += bytesOf(pulses[i] as StoredPulse);
    count++;
  }
  return bytes / count;
}
