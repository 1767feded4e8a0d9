// Natural batching: rows of one partition gather while its batches are on their way, and leave as soon as one may. No
// timer: an idle store adds no delay, and a busy one sends large batches.
//
// 1. A batch holds rows of one partition only, and no more bytes than the server takes; a larger row goes alone.
// 2. Few batches of one partition are under way at a time. More would leave smaller, and cost the server more.
// 3. Everybody is answered: when no node answers, all that waits is given back at once, and what waited too long is too.
import type { WriteOutcome } from "../ports.ts";
import type { Failure } from "./outcome.ts";
import type { Row } from "./row.ts";

/** One call's rows; it is answered when none is left. */
export class WriteGroup {
  readonly startedAt = performance.now();
  #left: number;
  #worst: WriteOutcome = STORED;
  readonly #answer: (outcome: WriteOutcome) => void;

  constructor(rows: number, answer: (outcome: WriteOutcome) => void) {
    this.#left = rows;
    this.#answer = answer;
  }

  /** Notes what became of some of its rows. A retry stands above a rejection: all will be seen again then. */
  settle(rows: number, outcome: WriteOutcome): void {
    if (outcome.kind === "retry" || (outcome.kind === "rejected" && this.#worst.kind === "stored"))
      this.#worst = outcome;
    this.#left -= rows;
    if (this.#left === 0) this.#answer(this.#worst);
  }
}

/** Rows of one partition, the first of which are on their way. */
export interface Partition {
  readonly service: string;
  readonly bucket: number;
}

/** What became of a batch. */
export interface StoreBatch {
  rows: number;
  durationMs: number;
  outcome: WriteOutcome["kind"];
}

export interface WriteQueueOptions {
  /** Writes rows of one partition; never rejects. */
  send(partition: Partition, rows: readonly Row[]): Promise<Failure | undefined>;
  maxInFlight: number;
  maxInFlightPerPartition: number;
  maxBatchBytes: number;
  /** What waited longer is given back. */
  maxWaitMs: number;
  onBatch?: ((batch: StoreBatch) => void) | undefined;
}

interface Queue extends Partition {
  rows: Row[];
  groups: WriteGroup[];
  /** How many of `rows` have left. */
  head: number;
  inFlight: number;
  isInLine: boolean;
}

const STORED: WriteOutcome = { kind: "stored" };
const LATE: WriteOutcome = { kind: "retry", reason: "Cassandra is too slow for what comes in", retryAfterMs: 1000 };
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

  /** Takes a row; it leaves before the next turn of the event loop at the earliest, together with others of that turn. */
  add(service: string, bucket: number, row: Row, group: WriteGroup): void {
    const key = `${bucket} ${service}`;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { service, bucket, rows: [], groups: [], head: 0, inFlight: 0, isInLine: false };
      this.#queues.set(key, queue);
    }
    queue.rows.push(row);
    queue.groups.push(group);
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
    const rows: Row[] = [];
    const groups: WriteGroup[] = [];
    let bytes = 0;
    while (queue.head < queue.rows.length && rows.length < MAX_BATCH_ROWS) {
      const row = queue.rows[queue.head] as Row;
      const group = queue.groups[queue.head] as WriteGroup;
      if (rows.length > 0 && bytes + row.bytes > this.#maxBytes) break;
      queue.head++;
      if (group.startedAt < oldest) {
        this.#queuedRows--;
        group.settle(1, LATE);
        continue;
      }
      rows.push(row);
      groups.push(group);
      bytes += row.bytes;
    }
    // What has left is let go of from time to time, not row by row: moving the rest up costs its length.
    if (queue.head === queue.rows.length || queue.head > 10 * MAX_BATCH_ROWS) {
      queue.rows = queue.rows.slice(queue.head);
      queue.groups = queue.groups.slice(queue.head);
      queue.head = 0;
    }
    if (rows.length > 0) void this.#send(queue, rows, groups);
    else this.#forgetIfIdle(queue);
  }

  async #send(queue: Queue, rows: Row[], groups: WriteGroup[]): Promise<void> {
    queue.inFlight++;
    this.#inFlight++;
    const startedAt = performance.now();
    const failure = await this.#options.send(queue, rows);
    queue.inFlight--;
    this.#inFlight--;
    if (failure?.about === "size" && rows.length > 1) {
      // The server's limit is lower than ours: keep to it from now on, and send these again as smaller batches.
      const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      this.#maxBytes = Math.min(this.#maxBytes, Math.ceil(bytes / 2));
      queue.rows = [...rows, ...queue.rows.slice(queue.head)];
      queue.groups = [...groups, ...queue.groups.slice(queue.head)];
      queue.head = 0;
    } else {
      const outcome = failure?.outcome ?? STORED;
      this.#options.onBatch?.({
        rows: rows.length,
        durationMs: performance.now() - startedAt,
        outcome: outcome.kind,
      });
      this.#settle(groups, outcome);
      if (failure?.about === "away" || failure?.about === "schema") this.#giveBackAll(outcome);
    }
    this.#lineUp(queue);
    this.#forgetIfIdle(queue);
    this.#pump();
  }

  #settle(groups: readonly WriteGroup[], outcome: WriteOutcome): void {
    this.#queuedRows -= groups.length;
    // Neighbours are mostly of one group: it is told once.
    for (let start = 0; start < groups.length; ) {
      const group = groups[start] as WriteGroup;
      let end = start + 1;
      while (groups[end] === group) end++;
      group.settle(end - start, outcome);
      start = end;
    }
  }

  #giveBackAll(outcome: WriteOutcome): void {
    for (const queue of this.#queues.values()) {
      const groups = queue.groups.slice(queue.head);
      queue.rows = [];
      queue.groups = [];
      queue.head = 0;
      this.#settle(groups, outcome);
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
