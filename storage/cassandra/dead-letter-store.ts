// Dead letters in Cassandra. The letter is under its id; the days only list what was put when. An entry whose letter has
// another time by now is passed over, so that the list need not be exact: it is written before the letter, and the entry
// of a letter that came back is struck after.
import { randomUUID } from "node:crypto";
import type { types } from "cassandra-driver";
import { type Parsed, refuse } from "../../events/fault.ts";
import { DAY_MS, END_OF_TIME_MS } from "../../events/time.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetterStore,
  Span,
  StoreLifecycle,
  WriteOutcome,
} from "../ports.ts";
import type { Cql } from "./cql.ts";
import { type LetterStatements, letterOf, letterStatements, valuesOf } from "./dead-letter-row.ts";
import { failureOf } from "./outcome.ts";
import { bucketOf, ttlSeconds } from "./row.ts";
import { CassandraSession } from "./session.ts";
import type { StoreBatch } from "./write-queue.ts";

export interface CassandraDeadLetterStoreOptions {
  settings: CassandraSettings;
  /** Letters are shown until they are this old. */
  retentionMs: number;
  /** Letters that may be on their way; one beyond is `retry`. @default 256 */
  maxInFlight?: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
  /** Told of every letter. */
  onBatch?: (batch: StoreBatch) => void;
}

interface Entry {
  time: number;
  id: string;
  reason: string;
}

const CURSOR = ["number", "string"] as const;
/** Letters that are read at one time: each may be half a megabyte. */
const WIDTH = 8;
const STORED: WriteOutcome = { kind: "stored" };
const FULL: WriteOutcome = { kind: "retry", reason: "Too many letters wait for Cassandra", retryAfterMs: 1000 };
const CLOSED: WriteOutcome = { kind: "retry", reason: "The store is closed", retryAfterMs: 1000 };

/** Opens the store: it connects in the background, and `check` says when it is ready. Never throws. */
export function openCassandraDeadLetterStore(options: CassandraDeadLetterStoreOptions): CassandraDeadLetterStore {
  return new CassandraDeadLetterStore(options);
}

/** Dead letters in Cassandra; any number of processes may have the same keyspace open. */
export class CassandraDeadLetterStore implements DeadLetterStore, StoreLifecycle {
  readonly #session: CassandraSession;
  readonly #statements: LetterStatements;
  readonly #retentionMs: number;
  readonly #maxInFlight: number;
  readonly #now: () => number;
  readonly #onBatch: ((batch: StoreBatch) => void) | undefined;
  readonly #underWay = new Set<Promise<WriteOutcome>>();
  #closed: Promise<void> | undefined;

  constructor(options: CassandraDeadLetterStoreOptions) {
    this.#session = new CassandraSession({ settings: options.settings, onBreak: () => {} });
    this.#statements = letterStatements(options.settings.keyspace);
    this.#retentionMs = options.retentionMs;
    this.#maxInFlight = options.maxInFlight ?? 256;
    this.#now = options.now ?? Date.now;
    this.#onBatch = options.onBatch;
  }

  /** Letters that are on their way. */
  get queuedRows(): number {
    return this.#underWay.size;
  }

  put(letter: DeadLetter): Promise<WriteOutcome> {
    if (this.#closed !== undefined) return Promise.resolve(CLOSED);
    if (this.#underWay.size >= this.#maxInFlight) return Promise.resolve(FULL);
    const outcome = this.#put(letter);
    this.#underWay.add(outcome);
    void outcome.then(() => this.#underWay.delete(outcome));
    return outcome;
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    const { client } = await this.#session.insistOnReady();
    const letter = await this.#read(client, id);
    return letter !== undefined && letter.time >= this.#horizon() ? letter : undefined;
  }

  async list(filter: DeadLetterFilter, limit: number, cursor?: string): Promise<Parsed<DeadLetterPage>> {
    let after: { time: number; id: string } | undefined;
    if (cursor !== undefined) {
      const position = decodeCursor(CURSOR, cursor);
      if (!position.ok) return position;
      const [time, id] = position.value;
      if (Math.abs(time) > END_OF_TIME_MS)
        return refuse("/cursor", "Expected the cursor of the page before, unchanged", cursor);
      after = { time, id };
    }
    const { client } = await this.#session.insistOnReady();
    const letters: DeadLetter[] = [];
    for await (const entries of this.#entries(client, filter.span, after)) {
      const fitting = entries.filter((entry) => filter.reason === undefined || entry.reason === filter.reason);
      for (let i = 0; i < fitting.length; i += WIDTH) {
        const some = fitting.slice(i, i + WIDTH);
        const read = await Promise.all(some.map(({ id }) => this.#read(client, id)));
        for (const [j, letter] of read.entries()) {
          if (letter === undefined || letter.time !== some[j]?.time || !passes(letter, filter)) continue;
          // One more than asked for says whether there is another page.
          if (letters.length === limit) {
            const last = letters.at(-1);
            if (last === undefined) return { ok: true, value: { letters } };
            return { ok: true, value: { letters, cursor: encodeCursor(CURSOR, [last.time, last.id]) } };
          }
          letters.push(letter);
        }
      }
    }
    return { ok: true, value: { letters } };
  }

  async markReplayed(id: string, time: number): Promise<void> {
    const { client } = await this.#session.insistOnReady();
    const head = (await client.execute(this.#statements.head, [id])).first();
    if (head === null || head.time === null || head.time.getTime() > time) return;
    const ttl = ttlSeconds(head.time.getTime(), this.#retentionMs, this.#now());
    if (ttl > 0) await client.execute(this.#statements.noteReplay, [ttl, time, head.put_id, id]);
  }

  check(): Promise<void> {
    return this.#session.check();
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      while (this.#underWay.size > 0) await Promise.all(this.#underWay);
      await this.#session.close();
    })();
    return this.#closed;
  }

  async #put(letter: DeadLetter): Promise<WriteOutcome> {
    const { ready, failure } = this.#session;
    if (ready === undefined) return { kind: "retry", reason: failure, retryAfterMs: 1000 };
    const startedAt = performance.now();
    let outcome = STORED;
    try {
      await this.#write(ready.client, letter);
      this.#session.note(undefined);
    } catch (error) {
      this.#session.note(error);
      outcome = failureOf(error).outcome;
    }
    this.#onBatch?.({ rows: 1, durationMs: performance.now() - startedAt, outcome: outcome.kind });
    return outcome;
  }

  async #write(client: Cql, letter: DeadLetter): Promise<void> {
    const { id, time, reason } = letter;
    const ttl = ttlSeconds(time, this.#retentionMs, this.#now());
    if (ttl <= 0) return;
    const statements = this.#statements;
    const day = bucketOf(time, DAY_MS);
    const [former] = await Promise.all([
      client.execute(statements.head, [id]),
      client.execute(statements.noteDay, [day, ttl + DAY_MS / 1000]),
      client.execute(statements.enter, [day, time, id, reason, ttl]),
    ]);
    await client.execute(statements.put, [...valuesOf(letter, randomUUID()), ttl]);
    const formerTime: number | undefined = former.first()?.time?.getTime();
    if (formerTime !== undefined && formerTime !== time) {
      await client.execute(statements.strike, [bucketOf(formerTime, DAY_MS), formerTime, id]);
    }
  }

  async #read(client: Cql, id: string): Promise<DeadLetter | undefined> {
    const result = await client.execute(this.#statements.get, [id]);
    return letterOf(result.rows[0]);
  }

  async *#entries(
    client: Cql,
    span: Span | undefined,
    after: { time: number; id: string } | undefined,
  ): AsyncGenerator<Entry[]> {
    const statements = this.#statements;
    const from = Math.max(span?.from ?? 0, this.#horizon());
    const end = Math.min(span?.to ?? END_OF_TIME_MS, END_OF_TIME_MS);
    const position = after !== undefined && after.time < end ? after : undefined;
    const to = position?.time ?? end;
    if (position !== undefined && position.time >= from) {
      const params = [bucketOf(position.time, DAY_MS), position.time, position.id];
      yield* pagesOf(client, statements.entriesOfTime, params);
    }
    if (from >= to) return;
    const days = await client.execute(statements.listDays, [bucketOf(from, DAY_MS), bucketOf(to - 1, DAY_MS)]);
    for (const { day } of days.rows) yield* pagesOf(client, statements.entries, [day, from, to]);
  }

  #horizon(): number {
    return this.#now() - this.#retentionMs;
  }
}

async function* pagesOf(client: Cql, query: string, params: unknown[]): AsyncGenerator<Entry[]> {
  let pageState: string | undefined;
  do {
    const result: types.ResultSet = await client.execute(query, params, {
      fetchSize: 500,
      ...(pageState && { pageState }),
    });
    yield result.rows.map((row) => ({ time: (row.time as Date).getTime(), id: row.id, reason: row.reason }));
    pageState = result.pageState;
  } while (pageState);
}

function passes(letter: DeadLetter, { reason, isReplayed }: DeadLetterFilter): boolean {
  if (reason !== undefined && letter.reason !== reason) return false;
  return isReplayed === undefined || isReplayed === (letter.replayedAt !== undefined);
}
