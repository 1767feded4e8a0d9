// Dead letters in Cassandra. A dead letter is under its id; the days only list which came when. The list need not be
// exact, since a reader passes over an entry whose dead letter has another time by now: the entry is written before the
// dead letter, and the entry of one that came back is struck afterwards.
import { randomUUID } from "node:crypto";
import type { types } from "cassandra-driver";
import type { Parsed } from "../../events/fault.ts";
import { DAY_MS, END_OF_TIME_MS } from "../../events/time.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { cutPage, type DeadLetterCursor, decodeCursor } from "../cursor.ts";
import { type NotStored, retry, STORED } from "../outcome.ts";
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetterStore,
  StoreBatch,
  StoreLifecycle,
  WaitingCount,
  WriteOutcome,
} from "../ports.ts";
import type { Span } from "../span.ts";
import { type Cql, pagesOf } from "./cql.ts";
import { type DeadLetterStatements, deadLetterOf, deadLetterStatements, valuesOf } from "./dead-letter-row.ts";
import { bucketOf, ttlSeconds } from "./pulse-row.ts";
import { CassandraSession } from "./session.ts";

export interface CassandraDeadLetterStoreOptions {
  settings: CassandraSettings;
  /** Dead letters are shown until they are this old. */
  retentionMs: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
  /** Called after every dead letter. */
  onBatch?: (batch: StoreBatch) => void;
  /** Gets a line when Cassandra is away, with the reason, and when it answers again. */
  onLine?: (line: string) => void;
}

/** Dead letters that may be on their way; one beyond is `retry`. */
const MAX_IN_FLIGHT = 256;
const ENTRY_ROWS = 500;
/** Dead letters that are read at one time: each may be half a megabyte. */
const WIDTH = 8;
/** Dead letters of which only the state is read at one time. */
const HEADS = 32;
const FULL: NotStored = retry("Too many dead letters wait for Cassandra");

/** Opens the store: it connects in the background, and `check` says when it is ready. @throws {SettingsError}, and nothing else */
export function openCassandraDeadLetterStore(options: CassandraDeadLetterStoreOptions): CassandraDeadLetterStore {
  return new CassandraDeadLetterStore(options);
}

/** Dead letters in Cassandra; any number of processes may have the same keyspace open. */
export class CassandraDeadLetterStore implements DeadLetterStore, StoreLifecycle {
  readonly #session: CassandraSession;
  readonly #statements: DeadLetterStatements;
  readonly #horizon: () => number;
  readonly #onBatch: ((batch: StoreBatch) => void) | undefined;

  constructor({ settings, retentionMs, now = Date.now, onBatch, onLine }: CassandraDeadLetterStoreOptions) {
    this.#session = new CassandraSession({ settings, onLine });
    this.#statements = deadLetterStatements(settings.keyspace);
    this.#horizon = () => now() - retentionMs;
    this.#onBatch = onBatch;
  }

  put(deadLetter: DeadLetter): Promise<WriteOutcome> {
    const connection = this.#session.forWrite;
    if ("kind" in connection) return Promise.resolve(connection);
    if (this.#session.writesUnderWay >= MAX_IN_FLIGHT) return Promise.resolve(FULL);
    return this.#session.follow(this.#put(deadLetter));
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    const { client } = await this.#session.insist();
    const deadLetter = await this.#read(client, id);
    return deadLetter !== undefined && deadLetter.time >= this.#horizon() ? deadLetter : undefined;
  }

  async list(filter: DeadLetterFilter, limit: number, cursor?: string): Promise<Parsed<DeadLetterPage>> {
    const after = decodeCursor<DeadLetterCursor>(cursor, 2);
    if (!after.ok) return after;
    const { client } = await this.#session.insist();
    const deadLetters: DeadLetter[] = [];
    for await (const some of this.#select(client, filter, after.value)) {
      deadLetters.push(...some);
      // One more than the page holds tells whether another page follows.
      if (deadLetters.length > limit) break;
    }
    return { ok: true, value: { deadLetters, ...cutPage(deadLetters, limit, ({ time, id }) => [time, id]) } };
  }

  async countWaiting(limit: number): Promise<WaitingCount> {
    const { client } = await this.#session.insist();
    let [counted, waiting] = [0, 0];
    for await (const entries of this.#entries(client, undefined, undefined)) {
      for (let i = 0; i < entries.length; i += HEADS) {
        const some = entries.slice(i, i + HEADS);
        const heads = await Promise.all(some.map(({ id }) => client.execute(this.#statements.head, [id])));
        for (const [j, result] of heads.entries()) {
          const head = result.first();
          // The entry of a dead letter that came back, or has expired, counts no more.
          if (head?.time?.getTime() !== some[j]?.time.getTime()) continue;
          if (counted === limit) return { waiting, isCut: true };
          counted++;
          if (head?.replayed_put_id !== head?.put_id) waiting++;
        }
      }
    }
    return { waiting, isCut: false };
  }

  async markReplayed(id: string, time: number): Promise<void> {
    const { client } = await this.#session.insist();
    const head = (await client.execute(this.#statements.head, [id])).first();
    if (head === null || head.time === null || head.time.getTime() > time) return;
    const ttl = ttlSeconds(head.time.getTime(), this.#horizon());
    if (ttl > 0) await client.execute(this.#statements.noteReplay, [ttl, time, head.put_id, id]);
  }

  check(): Promise<void> {
    return this.#session.check();
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #put(deadLetter: DeadLetter): Promise<WriteOutcome> {
    const startedAt = performance.now();
    const failure = await this.#session.attempt(({ client }) => this.#write(client, deadLetter));
    const outcome = failure?.outcome ?? STORED;
    this.#onBatch?.({ rows: 1, durationMs: performance.now() - startedAt, outcome: outcome.kind });
    if (outcome.kind === "defect") throw outcome.error;
    return outcome;
  }

  async #write(client: Cql, deadLetter: DeadLetter): Promise<undefined> {
    const { id, time, reason } = deadLetter;
    const ttl = ttlSeconds(time, this.#horizon());
    if (ttl <= 0) return;
    const statements = this.#statements;
    const day = bucketOf(time, DAY_MS);
    const [former] = await Promise.all([
      client.execute(statements.head, [id]),
      client.execute(statements.noteDay, [day, ttl + DAY_MS / 1000]),
      client.execute(statements.enter, [day, time, id, reason, ttl]),
    ]);
    await client.execute(statements.put, [...valuesOf(deadLetter, randomUUID()), ttl]);
    const formerTime: number | undefined = former.first()?.time?.getTime();
    if (formerTime !== undefined && formerTime !== time) {
      await client.execute(statements.strike, [bucketOf(formerTime, DAY_MS), formerTime, id]);
    }
  }

  async #read(client: Cql, id: string): Promise<DeadLetter | undefined> {
    const result = await client.execute(this.#statements.get, [id]);
    return deadLetterOf(result.rows[0]);
  }

  /** The dead letters that pass a filter, in order; few at one time, and none before the reader has taken those. */
  async *#select(
    client: Cql,
    filter: DeadLetterFilter,
    after: DeadLetterCursor | undefined,
  ): AsyncGenerator<DeadLetter[]> {
    const { reason, isReplayed, span } = filter;
    for await (const entries of this.#entries(client, span, after)) {
      const fitting = entries.filter((entry) => reason === undefined || entry.reason === reason);
      for (let i = 0; i < fitting.length; i += WIDTH) {
        const some = fitting.slice(i, i + WIDTH);
        const read = await Promise.all(some.map((entry) => this.#read(client, entry.id)));
        yield read.filter((deadLetter, j) => {
          if (deadLetter === undefined || deadLetter.time !== some[j]?.time.getTime()) return false;
          if (reason !== undefined && deadLetter.reason !== reason) return false;
          return isReplayed === undefined || isReplayed === (deadLetter.replayedAt !== undefined);
        }) as DeadLetter[];
      }
    }
  }

  /** The entries of a span, as rows with time, id and reason. */
  async *#entries(
    client: Cql,
    span: Span | undefined,
    after: DeadLetterCursor | undefined,
  ): AsyncGenerator<types.Row[]> {
    const { entries, entriesOfTime, listDays } = this.#statements;
    const from = Math.max(span?.from ?? 0, this.#horizon());
    const end = Math.min(span?.to ?? END_OF_TIME_MS, END_OF_TIME_MS);
    // A cursor may come with another span than the one it was made for.
    const cursor = after !== undefined && after[0] < end ? after : undefined;
    const to = cursor?.[0] ?? end;
    if (cursor !== undefined && cursor[0] >= from) {
      const params = [bucketOf(cursor[0], DAY_MS), ...cursor];
      yield* pagesOf(client, { query: entriesOfTime, params }, () => ENTRY_ROWS);
    }
    if (from >= to) return;
    const days = await client.execute(listDays, [bucketOf(from, DAY_MS), bucketOf(to - 1, DAY_MS)]);
    for (const { day } of days.rows)
      yield* pagesOf(client, { query: entries, params: [day, from, to] }, () => ENTRY_ROWS);
  }
}
