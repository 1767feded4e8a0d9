// Pulses in one SQLite file. Siblings: sqlite-database.ts opens it, sqlite-group-commit.ts writes, sqlite-purge.ts
// deletes, sqlite-pulse-rows.ts has the tables and statements.
//
// 1. A `stored` is on disk: no answer before COMMIT has returned under synchronous = FULL.
// 2. A pulse is stored once: the identity has a unique index, and the first to come stays.
// 3. What has outlived the retention is never shown, deleted or not.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Parsed } from "../../events/fault.ts";
import type { Pulse } from "../../events/pulse.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { PulsePage, PulseReader, PulseWriter, Span, StoredPulse, StoreLifecycle, WriteOutcome } from "../ports.ts";
import { openSqliteDatabase, type SqliteSpace, StoreError, spaceOf } from "./database.ts";
import { GroupCommit, type StoreBatch } from "./group-commit.ts";
import { type Position, PulseRows, pulseSchema } from "./pulse-rows.ts";
import { Purge } from "./purge.ts";

export interface SqlitePulseStoreOptions {
  /** Its folder is made when it is missing. */
  file: string;
  /** The most bytes the file may have; when it is full, writes are `retry`. */
  maxBytes: number;
  /** Pulses are shown until they are this old, and then deleted. */
  retentionMs: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
  /** How often expired pulses are looked for. @default 60_000 */
  purgeEveryMs?: number;
  /** Told of every transaction. */
  onBatch?: (batch: StoreBatch) => void;
}

const CHUNK_ROWS = 1000;
const CURSOR = ["number", "string", "string"] as const;

/** Opens (and makes) the store. @throws {StoreError} that names the remedy. */
export function openSqlitePulseStore(options: SqlitePulseStoreOptions): SqlitePulseStore {
  return new SqlitePulseStore(options);
}

/** Pulses in a SQLite file that several processes may have open at once. */
export class SqlitePulseStore implements PulseWriter, PulseReader, StoreLifecycle {
  readonly #file: string;
  readonly #horizon: () => number;
  readonly #rows: PulseRows;
  readonly #commits: GroupCommit<readonly Pulse[]>;
  readonly #purge: Purge;
  readonly #space: () => SqliteSpace;
  readonly #closeDatabase: () => void;
  #isClosed = false;

  constructor({
    file,
    maxBytes,
    retentionMs,
    now = Date.now,
    purgeEveryMs = 60_000,
    onBatch,
  }: SqlitePulseStoreOptions) {
    const database = openSqliteDatabase({ file, maxBytes, schema: pulseSchema });
    const rows = new PulseRows(database);
    this.#file = file;
    this.#horizon = () => now() - retentionMs;
    this.#rows = rows;
    this.#commits = new GroupCommit({
      database,
      begin: () => rows.refreshServices(),
      apply: (pulses) => rows.insert(pulses),
      undone: () => rows.forgetServices(),
      onBatch,
    });
    this.#purge = new Purge({
      database,
      purgeSome: (maxRows) => rows.deleteBefore(this.#horizon(), maxRows),
      everyMs: purgeEveryMs,
    });
    this.#space = () => spaceOf(database, file, maxBytes);
    this.#closeDatabase = () => database.close();
  }

  /** Rows that wait for their transaction. */
  get queuedRows(): number {
    return this.#commits.queuedRows;
  }

  /** What the file takes, and what it may still take. */
  get space(): SqliteSpace {
    this.#insistOnOpen();
    return this.#space();
  }

  write(pulses: readonly Pulse[]): Promise<WriteOutcome> {
    if (!this.#isClosed) this.#purge.start();
    return this.#commits.write(pulses, pulses.length);
  }

  async latest(): Promise<StoredPulse[]> {
    this.#insistOnOpen();
    return this.#rows.latest(this.#horizon());
  }

  async page(service: string, span: Span, limit: number, cursor?: string): Promise<Parsed<PulsePage>> {
    this.#insistOnOpen();
    let after: Position | undefined;
    if (cursor !== undefined) {
      const position = decodeCursor(CURSOR, cursor);
      if (!position.ok) return position;
      const [time, source, id] = position.value;
      after = { event_time: time, source, id };
    }
    // One more than asked for says whether there is another page.
    const pulses = this.#select(service, span, limit + 1, after);
    if (pulses.length <= limit) return { ok: true, value: { pulses } };
    pulses.length = limit;
    const last = pulses[limit - 1];
    if (last === undefined) return { ok: true, value: { pulses } };
    return { ok: true, value: { pulses, cursor: encodeCursor(CURSOR, [last.event_time, last.source, last.id]) } };
  }

  // Each chunk is a query of its own: an open one would keep the log from being begun anew for as long as the reader dawdles.
  async *scan(service: string, span: Span): AsyncGenerator<readonly StoredPulse[]> {
    let after: StoredPulse | undefined;
    do {
      this.#insistOnOpen();
      const pulses = this.#select(service, span, CHUNK_ROWS, after);
      if (pulses.length > 0) yield pulses;
      after = pulses.length < CHUNK_ROWS ? undefined : pulses.at(-1);
      // Without it, a long scan whose reader never waits would hold up everything else in this process.
      if (after !== undefined) await nextTurn();
    } while (after !== undefined);
  }

  async check(): Promise<void> {
    this.#insistOnOpen();
    this.#rows.probe();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#purge.stop();
    this.#commits.close();
    this.#closeDatabase();
  }

  #select(service: string, span: Span, limit: number, after: Position | undefined): StoredPulse[] {
    const from = Math.max(span.from, this.#horizon());
    return this.#rows.select(service, { from, to: span.to }, limit, after);
  }

  #insistOnOpen(): void {
    if (this.#isClosed)
      throw new StoreError(`Expected the store ${this.#file} to be open, got a closed one: open it again`);
  }
}
