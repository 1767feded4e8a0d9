// Dead letters in one SQLite file, with the same promises as sqlite-pulse-store.ts: a `stored` is on disk, and what has
// outlived the retention is never shown.
import type { StatementSync } from "node:sqlite";
import type { Parsed } from "../../events/fault.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetterStore,
  StoreLifecycle,
  WriteOutcome,
} from "../ports.ts";
import { openSqliteDatabase, type SqliteSchema, StoreError } from "./database.ts";
import { type LetterRow, letterOf, rowOf } from "./dead-letter-row.ts";
import { GroupCommit, type StoreBatch } from "./group-commit.ts";
import { Purge } from "./purge.ts";

export interface SqliteDeadLetterStoreOptions {
  /** Its folder is made when it is missing. */
  file: string;
  /** The most bytes the file may have; when it is full, writes are `retry`. */
  maxBytes: number;
  /** Letters are shown until they are this old, and then deleted. */
  retentionMs: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
  /** How often expired letters are looked for. @default 60_000 */
  purgeEveryMs?: number;
  /** Told of every transaction. */
  onBatch?: (batch: StoreBatch) => void;
}

// The large columns come last: what filters and orders is read without them.
const SCHEMA: SqliteSchema = {
  version: 1,
  sql: `
    CREATE TABLE dead_letters (
      letter INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, reason TEXT NOT NULL,
      replayed_at INTEGER, destination TEXT, code INTEGER, detail TEXT, event TEXT NOT NULL, data ANY
    ) STRICT;
    CREATE INDEX dead_letters_by_time ON dead_letters (time, id);
    CREATE INDEX dead_letters_by_reason ON dead_letters (reason, time, id)`,
};
const PUT = `INSERT INTO dead_letters (id, time, reason, destination, code, detail, event, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET time = excluded.time, reason = excluded.reason, replayed_at = NULL,
  destination = excluded.destination, code = excluded.code, detail = excluded.detail, event = excluded.event, data = excluded.data`;
const MARK_REPLAYED = "UPDATE dead_letters SET replayed_at = ?1 WHERE id = ?2 AND time <= ?1";
const COLUMNS = "id, time, reason, replayed_at, destination, code, detail, event, data";
const GET = `SELECT ${COLUMNS} FROM dead_letters WHERE id = ? AND time >= ?`;
const IN_SPAN =
  "time >= ?1 AND time <= ?2 AND (time < ?2 OR id > ?3) AND (?4 IS NULL OR (replayed_at IS NOT NULL) = ?4)";
const ORDER = "ORDER BY time DESC, id LIMIT ?5";
const LIST = `SELECT ${COLUMNS} FROM dead_letters WHERE ${IN_SPAN} ${ORDER}`;
const LIST_OF_REASON = `SELECT ${COLUMNS} FROM dead_letters WHERE reason = ?6 AND ${IN_SPAN} ${ORDER}`;
const DELETE_EXPIRED = `DELETE FROM dead_letters WHERE letter IN
  (SELECT letter FROM dead_letters WHERE time < ? ORDER BY time LIMIT ?)`;

const CURSOR = ["number", "string"] as const;

type Work = { kind: "put"; letter: DeadLetter } | { kind: "replayed"; id: string; time: number };

/** Opens (and makes) the store. @throws {StoreError} that names the remedy. */
export function openSqliteDeadLetterStore(options: SqliteDeadLetterStoreOptions): SqliteDeadLetterStore {
  return new SqliteDeadLetterStore(options);
}

/** Dead letters in a SQLite file that several processes may have open at once. */
export class SqliteDeadLetterStore implements DeadLetterStore, StoreLifecycle {
  readonly #file: string;
  readonly #horizon: () => number;
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #listOfReason: StatementSync;
  readonly #commits: GroupCommit<Work>;
  readonly #purge: Purge;
  readonly #closeDatabase: () => void;
  #isClosed = false;

  constructor(options: SqliteDeadLetterStoreOptions) {
    const { file, maxBytes, retentionMs, now = Date.now, purgeEveryMs = 60_000, onBatch } = options;
    const database = openSqliteDatabase({ file, maxBytes, schema: SCHEMA });
    this.#file = file;
    this.#horizon = () => now() - retentionMs;
    this.#get = database.prepare(GET);
    this.#list = database.prepare(LIST);
    this.#listOfReason = database.prepare(LIST_OF_REASON);
    const put = database.prepare(PUT);
    const markReplayed = database.prepare(MARK_REPLAYED);
    const deleteExpired = database.prepare(DELETE_EXPIRED);
    this.#commits = new GroupCommit({
      database,
      apply: (work) => {
        if (work.kind === "put") put.run(...rowOf(work.letter));
        else markReplayed.run(work.time, work.id);
      },
      onBatch,
    });
    this.#purge = new Purge({
      database,
      purgeSome: (maxRows) => Number(deleteExpired.run(this.#horizon(), maxRows).changes) === maxRows,
      everyMs: purgeEveryMs,
    });
    this.#closeDatabase = () => database.close();
  }

  /** Letters that wait for their transaction. */
  get queuedRows(): number {
    return this.#commits.queuedRows;
  }

  put(letter: DeadLetter): Promise<WriteOutcome> {
    if (!this.#isClosed) this.#purge.start();
    return this.#commits.write({ kind: "put", letter }, 1);
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    this.#insistOnOpen();
    const row = this.#get.get(id, this.#horizon());
    return row === undefined ? undefined : letterOf(row as unknown as LetterRow);
  }

  async list(filter: DeadLetterFilter, limit: number, cursor?: string): Promise<Parsed<DeadLetterPage>> {
    this.#insistOnOpen();
    const from = Math.max(filter.span?.from ?? 0, this.#horizon());
    // Times are whole, so "before `to`" is "up to the whole number below it". No id is empty: "" is before all.
    let last = Math.ceil(filter.span?.to ?? END_OF_TIME_MS) - 1;
    let lastId = "";
    if (cursor !== undefined) {
      const position = decodeCursor(CURSOR, cursor);
      if (!position.ok) return position;
      const [time, id] = position.value;
      if (time <= last) [last, lastId] = [time, id];
    }
    const isReplayed = filter.isReplayed === undefined ? null : Number(filter.isReplayed);
    // One more than asked for says whether there is another page.
    const bounds = [from, last, lastId, isReplayed, limit + 1];
    const rows =
      filter.reason === undefined ? this.#list.all(...bounds) : this.#listOfReason.all(...bounds, filter.reason);
    const letters = rows.slice(0, limit).map((row) => letterOf(row as unknown as LetterRow));
    const end = letters.at(-1);
    if (rows.length <= limit || end === undefined) return { ok: true, value: { letters } };
    return { ok: true, value: { letters, cursor: encodeCursor(CURSOR, [end.time, end.id]) } };
  }

  async markReplayed(id: string, time: number): Promise<void> {
    const outcome = await this.#commits.write({ kind: "replayed", id, time }, 1);
    if (outcome.kind === "stored") return;
    throw new StoreError(`Expected to note the replay of dead letter ${id}, got "${outcome.reason}": replay it again`);
  }

  async check(): Promise<void> {
    this.#insistOnOpen();
    this.#get.get("", 0);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#purge.stop();
    this.#commits.close();
    this.#closeDatabase();
  }

  #insistOnOpen(): void {
    if (this.#isClosed)
      throw new StoreError(`Expected the store ${this.#file} to be open, got a closed one: open it again`);
  }
}
