// Natural batching: rows of one partition gather while its batches are on their way, and leave as soon as one may. No
// timer: an idle store adds no delay, and a busy one sends large batches.
//
// 1. A batch holds rows of one partition only, and no more bytes than the server takes; a larger row goes alone.
// 2. Few batches of one partition are under way at a time. More would leave smaller, and cost the server more.
// 3. Every write gets an answer: when no node answers, all rows that wait go back at once; so does a row that has waited
//    too long.
import { type NotStored, retry, STORED } from "../outcome.ts";
import type { StoreBatch, WriteOutcome } from "../ports.ts";
import type { NotWritten, WriteFailure } from "./driver-failure.ts";
import type { PulseRow } from "./pulse-row.ts";

const RANKS = { stored: 0, rejected: 1, retry: 2, defect: 3 } as const;

/** One call's rows; it is answered, or fails by a defect, when none is left. */
export class WriteGroup {
  readonly startedAt = performance.now();
  #left: number;
  #worst: WriteOutcome | NotWritten = STORED;
  readonly #answer: (outcome: WriteOutcome) => void;
  readonly #fail: (error: unknown) => void;

  constructor(rows: number, answer: (outcome: WriteOutcome) => void, fail: (error: unknown) => void) {
    this.#left = rows;
    this.#answer = answer;
    this.#fail = fail;
  }

  /** Notes the outcome of some of its rows. A retry, or a defect, outranks a rejection: every row comes again then. */
  settle(rows: number, outcome: WriteOutcome | NotWritten): void {
    if (RANKS[outcome.kind] > RANKS[this.#worst.kind]) this.#worst = outcome;
    this.#left -= rows;
    if (this.#left !== 0) return;
    if (this.#worst.kind === "defect") this.#fail(this.#worst.error);
    else this.#answer(this.#worst);
  }
}

/** A row that waits to be written. */
export interface WaitingRow extends PulseRow {
  /** What the server will count for it. */
  bytes: number;
  group: WriteGroup;
}

/** Where the rows of a batch belong. */
export interface Partition {
  readonly service: string;
  readonly bucket: number;
}

export interface WriteQueueOptions {
  /** Writes rows of one partition; never rejects. */
  send(partition: Partition, rows: readonly PulseRow[]): Promise<WriteFailure | undefined>;
  maxInFlight: number;
  maxInFlightPerPartition: number;
  maxBatchBytes: number;
  /** A row that has waited longer goes back. */
  maxWaitMs: number;
  onBatch?: ((batch: StoreBatch) => void) | undefined;
}

interface Queue extends Partition {
  rows: WaitingRow[];
  /** How many of `rows` have left. */
  head: number;
  inFlight: number;
  isInLine: boolean;
}

const LATE: NotStored = retry("Cassandra is too slow for what comes in");
/** Past some hundred rows a batch is no cheaper by the row, and its answer comes later. */
const MAX_BATCH_ROWS = 250;

/** The rows that wait, by partition. */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #queues = new Map<string, Queue>();
  #line: Queue[] = [];
  #queuedRows = 0;
  #inFlight = 0;
  #maxBytes: number;
  #isScheduled = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBatchBytes;
  }

  /** Rows that wait or are on their way. */
  get queuedRows(): number {
    return this.#queuedRows;
  }

  /** Takes a row. The row leaves after this turn of the event loop at the earliest, together with others of the turn. */
  add(service: string, bucket: number, row: WaitingRow): void {
    const key = `${bucket} ${service}`;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { service, bucket, rows: [], head: 0, inFlight: 0, isInLine: false };
      this.#queues.set(key, queue);
    }
    queue.rows.push(row);
    this.#queuedRows++;
    this.#lineUp(queue);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #lineUp(queue: Queue): void {
    if (queue.isInLine || queue.head === queue.rows.length) return;
    if (queue.inFlight >= this.#options.maxInFlightPerPartition) return;
    queue.isInLine = true;
    this.#line.push(queue);
  }

  #pump(): void {
    let next = 0;
    while (this.#inFlight < this.#options.maxInFlight && next < this.#line.length) {
      const queue = this.#line[next++] as Queue;
      queue.isInLine = false;
      this.#sendFrom(queue);
      this.#lineUp(queue);
    }
    if (next > 0) this.#line = this.#line.slice(next);
  }

  #sendFrom(queue: Queue): void {
    const oldest = performance.now() - this.#options.maxWaitMs;
    const rows: WaitingRow[] = [];
    let bytes = 0;
    while (queue.head < queue.rows.length && rows.length < MAX_BATCH_ROWS) {
      const row = queue.rows[queue.head] as WaitingRow;
      if (rows.length > 0 && bytes + row.bytes > this.#maxBytes) break;
      queue.head++;
      if (row.group.startedAt < oldest) {
        this.#queuedRows--;
        row.group.settle(1, LATE);
        continue;
      }
      rows.push(row);
      bytes += row.bytes;
    }
    // Rows that have left are dropped from time to time, not one by one: moving the others up costs their number.
    if (queue.head === queue.rows.length || queue.head > 10 * MAX_BATCH_ROWS) {
      queue.rows = queue.rows.slice(queue.head);
      queue.head = 0;
    }
    if (rows.length > 0) void this.#send(queue, rows);
    else this.#forgetIfIdle(queue);
  }

  async #send(queue: Queue, rows: WaitingRow[]): Promise<void> {
    queue.inFlight++;
    this.#inFlight++;
    const startedAt = performance.now();
    const failure = await this.#options.send(queue, rows);
    queue.inFlight--;
    this.#inFlight--;
    if (failure?.about === "size" && rows.length > 1) {
      // The server's limit is lower than the configured one: keep to it from now on, and send these as smaller batches.
      const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      this.#maxBytes = Math.min(this.#maxBytes, Math.ceil(bytes / 2));
      queue.rows = [...rows, ...queue.rows.slice(queue.head)];
      queue.head = 0;
    } else {
      const outcome = failure?.outcome ?? STORED;
      this.#options.onBatch?.({
        rows: rows.length,
        durationMs: performance.now() - startedAt,
        outcome: outcome.kind,
      });
      this.#settle(rows, outcome);
      if (failure?.about === "away" || failure?.about === "schema") this.#giveBackAll(outcome);
    }
    this.#lineUp(queue);
    this.#forgetIfIdle(queue);
    this.#pump();
  }

  #settle(rows: readonly WaitingRow[], outcome: WriteOutcome | NotWritten): void {
    this.#queuedRows -= rows.length;
    // Neighbours are mostly of one group: they settle together.
    for (let start = 0; start < rows.length; ) {
      const { group } = rows[start] as WaitingRow;
      let end = start + 1;
      while (rows[end]?.group === group) end++;
      group.settle(end - start, outcome);
      start = end;
    }
  }

  #giveBackAll(outcome: WriteOutcome | NotWritten): void {
    for (const queue of this.#queues.values()) {
      const rows = queue.rows.slice(queue.head);
      queue.rows = [];
      queue.head = 0;
      this.#settle(rows, outcome);
    }
    for (const queue of this.#line) {
      queue.isInLine = false;
      this.#forgetIfIdle(queue);
    }
    this.#line = [];
  }

  #forgetIfIdle(queue: Queue): void {
    if (queue.inFlight > 0 || queue.head < queue.rows.length || queue.isInLine) return;
    this.#queues.delete(`${queue.bucket} ${queue.service}`);
  }
}
