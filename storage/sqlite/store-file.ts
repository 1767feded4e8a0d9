import type { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import type { StoreBatch, WriteOutcome } from "../ports.ts";
import { StoreError } from "../store-error.ts";
import { asStoreError, isBusy, type SqliteFileOptions, type SqliteSpace, spaceOf, transact } from "./database.ts";
import { GroupCommit, type StoreTables } from "./group-commit.ts";
import { Purge } from "./purge.ts";

export interface SqliteStoreOptions extends SqliteFileOptions {
  /** What is stored is shown until it is this old, and then deleted. */
  retentionMs: number;
  /** What is known of a day is kept until it is this old. @default 400 days */
  historyMs?: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
  /** How often expired rows are looked for. @default 60_000 */
  purgeEveryMs?: number;
  /** Called after every transaction. */
  onBatch?: (batch: StoreBatch) => void;
}

/** How long {@link StoreFile.change} waits for the transactions of other processes. */
const LOCKED_MS = 30_000;
const LOCKED_PAUSE_MS = 20;

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
    return this.read(() => spaceOf(this.#database, this.#options.file, this.#options.maxBytes));
  }

  /** Resolves when the work is on disk, or will not be. */
  write(work: T, rows: number): Promise<WriteOutcome> {
    if (!this.#isClosed) this.#purge.start();
    return this.#commits.write(work, rows);
  }

  /** Does some work that reads. @throws {StoreError} when SQLite fails, or once the file is closed. */
  read<R>(work: () => R): R {
    const { file } = this.#options;
    if (this.#isClosed) throw new StoreError(`Expected the store ${file} to be open, got a closed one: open it again`);
    try {
      return work();
    } catch (error) {
      throw asStoreError(error, file);
    }
  }

  /**
   * Does some work in one transaction. Waits while another process locks the file.
   * @throws {StoreError} when SQLite fails, or stays locked for too long
   */
  async change<R>(work: () => R): Promise<R> {
    for (const deadline = performance.now() + LOCKED_MS; ; await delay(LOCKED_PAUSE_MS)) {
      try {
        return this.read(() => transact(this.#database, work));
      } catch (error) {
        if (!(error instanceof StoreError && isBusy(error.cause)) || performance.now() > deadline) throw error;
      }
    }
  }

  /**
   * Does some work in one transaction, for those who can do without: false when another process locks the file, the file is full,
   * or SQLite fails. @throws {StoreError} once the file is closed
   */
  changeAtOnce(work: () => void): boolean {
    try {
      this.read(() => transact(this.#database, work));
      return true;
    } catch (error) {
      if (error instanceof StoreError && !this.#isClosed) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#purge.stop();
    this.#commits.close();
    this.#database.close();
  }
}
