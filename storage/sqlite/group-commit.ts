// Natural batching: all work of one turn of the event loop is one transaction, so that a busy store pays for few fsyncs
// and an idle one adds no delay. No write is answered before COMMIT has returned.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { CLOSED, type Defect, STORED } from "../outcome.ts";
import type { StoreBatch, WriteOutcome } from "../ports.ts";
import { outcomeOf, rollBack } from "./database.ts";

/** The tables of one kind of store. Its methods are called inside a transaction. */
export interface StoreTables<T> {
  /** Called before the first work of a transaction. */
  begin?(): void;
  /** Writes one piece of work; throws when it cannot. */
  apply(work: T): void;
  /** Called when a transaction was undone. */
  undone?(): void;
  /** Deletes at most `maxRows` rows from before the horizon; true when there may be more. */
  deleteBefore(horizon: number, maxRows: number): boolean;
}

interface Waiting<T> {
  work: T;
  rows: number;
  answer(outcome: WriteOutcome): void;
  fail(error: unknown): void;
}

// A transaction blocks the event loop: 5,000 rows take some 25 ms, with random ids several times that. One piece of work
// is never split.
const MAX_ROWS = 5000;

/** Gathers work into transactions. */
export class GroupCommit<T> {
  readonly #database: DatabaseSync;
  readonly #tables: StoreTables<T>;
  readonly #onBatch: ((batch: StoreBatch) => void) | undefined;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #waiting: Waiting<T>[] = [];
  #queuedRows = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(database: DatabaseSync, tables: StoreTables<T>, onBatch?: (batch: StoreBatch) => void) {
    this.#database = database;
    this.#tables = tables;
    this.#onBatch = onBatch;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
  }

  /** Rows that wait for their transaction. */
  get queuedRows(): number {
    return this.#queuedRows;
  }

  /** Resolves when the work is on disk, or will not be. @throws what our own code threw meanwhile */
  write(work: T, rows: number): Promise<WriteOutcome> {
    if (this.#isClosed) return Promise.resolve(CLOSED);
    return new Promise((answer, fail) => {
      this.#waiting.push({ work, rows, answer, fail });
      this.#queuedRows += rows;
      this.#schedule();
    });
  }

  /** Writes what waits, and takes nothing more. */
  close(): void {
    this.#isClosed = true;
    while (this.#waiting.length > 0) this.#commitNext();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#waiting.length > 0) this.#commitNext();
      this.#schedule();
    });
  }

  #commitNext(): void {
    let rows = 0;
    let count = 0;
    for (const { rows: more } of this.#waiting) {
      if (count > 0 && rows + more > MAX_ROWS) break;
      rows += more;
      count++;
    }
    const group = this.#waiting.splice(0, count);
    this.#queuedRows -= rows;
    const outcome = this.#transact(group, rows);
    const isOfOne = outcome.kind === "rejected" || outcome.kind === "defect";
    for (const one of group) {
      // One of them is at fault; apart, each gets the answer it deserves.
      const own = isOfOne && group.length > 1 ? this.#transact([one], one.rows) : outcome;
      if (own.kind === "defect") one.fail(own.error);
      else one.answer(own);
    }
  }

  #transact(group: readonly Waiting<T>[], rows: number): WriteOutcome | Defect {
    const started = performance.now();
    let outcome: WriteOutcome | Defect = STORED;
    try {
      this.#begin.run();
      this.#tables.begin?.();
      for (const { work } of group) this.#tables.apply(work);
      this.#commit.run();
    } catch (error) {
      rollBack(this.#database);
      this.#tables.undone?.();
      outcome = outcomeOf(error);
    }
    this.#onBatch?.({ rows, durationMs: performance.now() - started, outcome: outcome.kind });
    return outcome;
  }
}
