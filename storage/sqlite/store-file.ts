import type { DatabaseSync } from "node:sqlite";
import type { StoreBatch, WriteOutcome } from "../ports.ts";
import { type SqliteFileOptions, type SqliteSpace, StoreError, spaceOf } from "./database.ts";
import { GroupCommit, type StoreTables } from "./group-commit.ts";
import { Purge } from "./purge.ts";

export interface SqliteStoreOptions extends SqliteFileOptions {
  /** What is stored is shown until it is this old, and then deleted. */
  retentionMs: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
  /** How often expired rows are looked for. @default 60_000 */
  purgeEveryMs?: number;
  /** Called after every transaction. */
  onBatch?: (batch: StoreBatch) => void;
}

/** An open file of a store: group commits write to it, and what has outlived the retention is deleted from it. */
export class StoreFile<T> {
  readonly #database: DatabaseSync;
  readonly #options: SqliteStoreOptions;
  readonly #now: () => number;
  readonly #commits: GroupCommit<T>;
  readonly #purge: Purge;
  #isClosed = false;

  constructor(database: DatabaseSync, options: SqliteStoreOptions, tables: StoreTables<T>) {
    this.#database = database;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#commits = new GroupCommit(database, tables, options.onBatch);
    this.#purge = new Purge({
      database,
      purgeSome: (maxRows) => tables.deleteBefore(this.horizon, maxRows),
      everyMs: options.purgeEveryMs ?? 60_000,
    });
  }

  /** The oldest time that is still shown. */
  get horizon(): number {
    return this.#now() - this.#options.retentionMs;
  }

  /** Rows that wait for their transaction. */
  get queuedRows(): number {
    return this.#commits.queuedRows;
  }

  /** The bytes that the file takes, and those that it may still take. */
  get space(): SqliteSpace {
    this.insistOnOpen();
    return spaceOf(this.#database, this.#options.file, this.#options.maxBytes);
  }

  /** Resolves when the work is on disk, or will not be. */
  write(work: T, rows: number): Promise<WriteOutcome> {
    if (!this.#isClosed) this.#purge.start();
    return this.#commits.write(work, rows);
  }

  /** @throws {StoreError} once the file is closed. */
  insistOnOpen(): void {
    if (!this.#isClosed) return;
    throw new StoreError(`Expected the store ${this.#options.file} to be open, got a closed one: open it again`);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#purge.stop();
    this.#commits.close();
    this.#database.close();
  }
}
