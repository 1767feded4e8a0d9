import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makePrivateDatabase, makePrivateFolder } from "../../settings/private-files.ts";
import { type Defect, type NotStored, retry } from "../outcome.ts";
import { StoreError } from "../store-error.ts";

/** What a file holds. */
export interface SqliteSchema {
  /** Raised with every change; kept in the file's `user_version`. */
  version: number;
  /** Makes everything in an empty file. */
  sql: string;
  /** What makes the next version of an earlier one, by the earlier version. @default none */
  upgrades?: Readonly<Record<number, string>>;
}

export interface SqliteFileOptions {
  /** Its folder is made when it is missing. */
  file: string;
  /** The most bytes the file may have; the write-ahead log beside it comes on top, see {@link CHECKPOINT_PAGES}. */
  maxBytes: number;
}

const PAGE_BYTES = 4096;
/** At this length, 8 MB, the log is copied into the file and starts over. Measured, 16 MB is no cheaper than 4 MB. */
const CHECKPOINT_PAGES = 2000;
const MAX_IDLE_LOG_BYTES = 32 * 1024 * 1024;
const CACHE_KIB = 16 * 1024;
// Another process may be making the schema at this moment, on a busy disk.
const OPEN_TIMEOUT_MS = 30_000;
// SQLite waits by blocking the event loop. Another process's transaction lasts a few ms; a longer one means `retry`.
const BUSY_TIMEOUT_MS = 100;

/** Opens a file and makes or verifies its schema. A COMMIT that returns is on disk. @throws {StoreError} */
export function openSqliteDatabase({ file, maxBytes }: SqliteFileOptions, schema: SqliteSchema): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    makePrivateFolder(dirname(file));
    makePrivateDatabase(file);
    database = new DatabaseSync(file, { timeout: OPEN_TIMEOUT_MS });
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    enterWriteAheadLog(database);
    // fullfsync matters on macOS only, where a plain fsync leaves data in the drive's cache.
    database.exec(`PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA journal_size_limit = ${MAX_IDLE_LOG_BYTES}`);
    ensureSchema(database, file, schema);
    const maxPages = Math.floor(maxBytes / readPragma(database, "page_size"));
    database.exec(`PRAGMA max_page_count = ${Math.max(1, maxPages)}`);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      `Expected ${file} to be a SQLite file that can be read and written, got "${textOf(error)}": ` +
        "check the folder's permissions and free space, or move the file away to begin with an empty one",
      { cause: error },
    );
  }
}

// Entering WAL mode locks the file for a moment, and SQLite does not wait there when two processes try at once.
function enterWriteAheadLog(database: DatabaseSync): void {
  const deadline = Date.now() + OPEN_TIMEOUT_MS;
  for (;;) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (resultCodeOf(error) !== SQLITE_BUSY || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function ensureSchema(database: DatabaseSync, file: string, schema: SqliteSchema): void {
  const readVersion = () => readPragma(database, "user_version");
  if (readVersion() !== schema.version) {
    // Of several processes one makes the schema; the others wait at BEGIN and then find it made.
    transact(database, () => {
      if (readVersion() === 0) database.exec(`${schema.sql}; PRAGMA user_version = ${schema.version}`);
      for (let from = readVersion(); schema.upgrades?.[from] !== undefined; from++) {
        database.exec(`${schema.upgrades[from]}; PRAGMA user_version = ${from + 1}`);
      }
    });
  }
  const version = readVersion();
  if (version !== schema.version) {
    throw new StoreError(
      `Expected ${file} to have schema version ${schema.version}, got ${version}: it was written by another version of ` +
        "PulseMesh; run that one, or move the file away to begin with an empty one",
    );
  }
}

function readPragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** The bytes that an open file takes, and those that it may still take: the rest of its quota or of its disk, if less. */
export interface SqliteSpace {
  usedBytes: number;
  freeBytes: number;
}

/** Reads the space of an open database. SQLite uses the pages of deleted rows again, so they count as free. */
export function spaceOf(database: DatabaseSync, file: string, maxBytes: number): SqliteSpace {
  const unusedPages = readPragma(database, "freelist_count");
  const pageBytes = readPragma(database, "page_size");
  const usedBytes = (readPragma(database, "page_count") - unusedPages) * pageBytes;
  const { bavail, bsize } = statfsSync(dirname(file));
  const diskBytes = bavail * bsize + unusedPages * pageBytes;
  return { usedBytes, freeBytes: Math.max(0, Math.min(maxBytes - usedBytes, diskBytes)) };
}

/** Does some work in a transaction; when the work throws, nothing of it stays. */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Ends a transaction that failed, unless SQLite has ended it. */
export function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec("ROLLBACK");
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
/** TOOBIG, CONSTRAINT, MISMATCH: the rows are at fault, every time. */
const ROW_FAULTS: ReadonlySet<number> = new Set([18, 19, 20]);

function resultCodeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Whether another process's transaction was in the way. */
export function isBusy(error: unknown): boolean {
  return resultCodeOf(error) === SQLITE_BUSY;
}

/** A failure of SQLite's as the store's; anything else as it is. */
export function asStoreError(error: unknown, file: string): unknown {
  if (resultCodeOf(error) === undefined) return error;
  return new StoreError(`Expected ${file} to be readable, got "${textOf(error)}": check its disk`, { cause: error });
}

/** Whether node could not bind a value: such an error has a code in words. */
function isUnbound(error: unknown): boolean {
  return /^ERR_INVALID_ARG/.test(String((error as { code?: unknown } | undefined)?.code));
}

/** The outcome of a transaction that failed: `rejected` when the rows are at fault, `retry` when the store is. */
export function outcomeOf(error: unknown): NotStored | Defect {
  const code = resultCodeOf(error);
  if (code === undefined && !isUnbound(error)) return { kind: "defect", error };
  if (code === undefined || ROW_FAULTS.has(code)) return { kind: "rejected", reason: textOf(error) };
  if (code === SQLITE_FULL) {
    const remedy = "raise PULSE_STORE_MAX_BYTES, free space on the disk, or shorten PULSE_RETENTION_DAYS";
    return retry(`The store is full: ${remedy}`, 5000, error);
  }
  return retry(`The store failed: ${textOf(error)}`, code === SQLITE_BUSY ? 100 : 1000, error);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
