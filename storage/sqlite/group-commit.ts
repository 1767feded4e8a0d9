// Natural batching: whatever was asked for in one turn of the event loop is one transaction, so a busy store pays for
// few fsyncs and an idle one adds no delay. Nobody is answered before COMMIT has returned.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { WriteOutcome } from "../ports.ts";
import { failureOf, rollBack } from "./database.ts";

/** What became of a transaction, for metrics. */
export interface StoreBatch {
  rows: number;
  durationMs: number;
  outcome: WriteOutcome["kind"];
}

export interface GroupCommitOptions<T> {
  database: DatabaseSync;
  /** Writes one piece of work inside the transaction; throws when it cannot. */
  apply(work: T): void;
  /** Called inside each transaction before the first work. */
  begin?(): void;
  /** Called when a transaction was undone. */
  undone?(): void;
  onBatch?: ((batch: StoreBatch) => void) | undefined;
}

interface Waiting<T> {
  work: T;
  rows: number;
  answer(outcome: WriteOutcome): void;
}

// A transaction blocks the event loop: 5,000 rows are some 25 ms, several times that with random ids. One piece of work is never split.
const MAX_ROWS = 5000;
const STORED: WriteOutcome = { kind: "stored" };
const CLOSED: WriteOutcome = { kind: "retry", reason: "The store is closed", retryAfterMs: 1000 };

/** Gathers work into transactions. */
export class GroupCommit<T> {
  readonly #options: GroupCommitOptions<T>;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #waiting: Waiting<T>[] = [];
  #queuedRows = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: GroupCommitOptions<T>) {
    this.#options = options;
    this.#begin = options.database.prepare("BEGIN IMMEDIATE");
    this.#commit = options.database.prepare("COMMIT");
  }

  /** Rows that wait for their transaction. */
  get queuedRows(): number {
    return this.#queuedRows;
  }

  /** Resolves when the work is on disk, or will not be. */
  write(work: T, rows: number): Promise<WriteOutcome> {
    if (this.#isClosed) return Promise.resolve(CLOSED);
    return new Promise((answer) => {
      this.#waiting.push({ work, rows, answer });
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
    if (outcome.kind === "rejected" && group.length > 1) {
      // One of them is at fault; apart, each gets the answer that is its own.
      for (const one of group) one.answer(this.#transact([one], one.rows));
    } else {
      for (const { answer } of group) answer(outcome);
    }
  }

  #transact(group: readonly Waiting<T>[], rows: number): WriteOutcome {
    const started = performance.now();
    const outcome = this.#attempt(group);
    this.#options.onBatch?.({ rows, durationMs: performance.now() - started, outcome: outcome.kind });
    return outcome;
  }

  #attempt(group: readonly Waiting<T>[]): WriteOutcome {
    try {
      this.#begin.run();
      this.#options.begin?.();
      for (const { work } of group) this.#options.apply(work);
      this.#commit.run();
      return STORED;
    } catch (error) {
      rollBack(this.#options.database);
      this.#options.undone?.();
      return failureOf(error);
    }
  }
}
