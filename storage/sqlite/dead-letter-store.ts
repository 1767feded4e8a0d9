// Dead letters in one SQLite file, with the same promises as pulse-store.ts: a `stored` is on disk, and what has outlived
// the retention is never shown.
import type { Parsed } from "../../events/fault.ts";
import { cutPage, type DeadLetterCursor, decodeCursor } from "../cursor.ts";
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetterStore,
  StoreLifecycle,
  WaitingCount,
  WriteOutcome,
} from "../ports.ts";
import { StoreError } from "../store-error.ts";
import { openSqliteDatabase } from "./database.ts";
import { DeadLetterRows, type DeadLetterWork, deadLetterSchema } from "./dead-letter-rows.ts";
import { type SqliteStoreOptions, StoreFile } from "./store-file.ts";

/** Opens the store, or makes it. @throws {StoreError} that names the remedy. */
export function openSqliteDeadLetterStore(options: SqliteStoreOptions): SqliteDeadLetterStore {
  return new SqliteDeadLetterStore(options);
}

/** Dead letters in a SQLite file that several processes may have open at once. */
export class SqliteDeadLetterStore implements DeadLetterStore, StoreLifecycle {
  readonly #rows: DeadLetterRows;
  readonly #file: StoreFile<DeadLetterWork>;

  constructor(options: SqliteStoreOptions) {
    const database = openSqliteDatabase(options, deadLetterSchema);
    this.#rows = new DeadLetterRows(database);
    this.#file = new StoreFile(database, options, this.#rows);
  }

  /** Dead letters that wait for their transaction. */
  get queuedRows(): number {
    return this.#file.queuedRows;
  }

  put(deadLetter: DeadLetter): Promise<WriteOutcome> {
    return this.#file.write({ kind: "put", deadLetter }, 1);
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    return this.#file.read(() => this.#rows.get(id, this.#file.horizon));
  }

  async list(filter: DeadLetterFilter, limit: number, cursor?: string): Promise<Parsed<DeadLetterPage>> {
    const after = decodeCursor<DeadLetterCursor>(cursor, 2);
    if (!after.ok) return after;
    // One more than the page holds tells whether another page follows.
    const deadLetters = this.#file.read(() => this.#rows.list(filter, this.#file.horizon, limit + 1, after.value));
    return { ok: true, value: { deadLetters, ...cutPage(deadLetters, limit, ({ time, id }) => [time, id]) } };
  }

  async countWaiting(limit: number): Promise<WaitingCount> {
    return this.#file.read(() => this.#rows.countWaiting(this.#file.horizon, limit));
  }

  async markReplayed(id: string, time: number): Promise<void> {
    const outcome = await this.#file.write({ kind: "replayed", id, time }, 1);
    if (outcome.kind === "stored") return;
    throw new StoreError(`Expected to note the replay of dead letter ${id}, got "${outcome.reason}": replay it again`);
  }

  async check(): Promise<void> {
    this.#file.read(() => this.#rows.get("", 0));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
