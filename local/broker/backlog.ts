// The deliveries that wait for one subscriber: in memory up to a bound, the rest on disk.
//
// A new event goes straight to the ready list while there is room. Without room the backlog is behind, and reads pages
// of the file until it has caught up. A failed delivery leaves memory and comes back from the file when it is due. Two
// cursors say how far the file was read: every fresh delivery up to #freshCursor and every failed one up to #dueCursor
// is in the ready list, under way, or settled. That needs two invariants:
//   1. A retry is always due after #dueCursor (see dueAfter).
//   2. The journal is flushed before each read of the file, so that the file knows what memory knows.
// That flush offers new deliveries in the middle of a take, and the queue answers an offer with a take. This inner take gets
// nothing: the queue does not count the outer one's delivery yet, and would begin one too many.
import type { BrokerDatabase, Delivery, DueCursor, StoredEvent } from "./broker-database.ts";
import type { Journal } from "./journal.ts";

export interface BacklogOptions {
  queue: number;
  database: BrokerDatabase;
  journal: Journal;
  /** For events that are ready or under way. */
  maxMemoryBytes: number;
  /** Whether the file holds deliveries of this queue. */
  isBehind: boolean;
  /** The longest wait of a retry. */
  maxBackoffMs: number;
}

/** With fewer ready deliveries than this, the next page is read. */
const LOW_WATER = 16;
const MAX_PAGE_ROWS = 256;
const NEVER = Number.POSITIVE_INFINITY;

export class Backlog {
  readonly #options: BacklogOptions;
  #ready: (Delivery | undefined)[] = [];
  #readyHead = 0;
  #memoryBytes = 0;
  #freshCursor = 0;
  #isBehind: boolean;
  #isTaking = false;
  #dueCursor: DueCursor = { due: 0, event: 0 };
  #nextDue: number;

  constructor(options: BacklogOptions) {
    const { database, queue, isBehind, maxBackoffMs } = options;
    this.#options = options;
    this.#isBehind = isBehind;
    // A clock that was set back since the last start would leave retries due far in the future.
    database.capDue(queue, now() + maxBackoffMs);
    this.#nextDue = database.nextDue(queue, this.#dueCursor) ?? NEVER;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Milliseconds until the next failed delivery is due; infinite when there is none. */
  get dueInMs(): number {
    return this.#nextDue - now();
  }

  /** Takes an event that the journal has just written. */
  offer(stored: StoredEvent): void {
    if (this.#isBehind || stored.id <= this.#freshCursor) return;
    if (this.#memoryBytes > 0 && this.#memoryBytes + stored.bytes > this.#options.maxMemoryBytes) {
      this.#isBehind = true;
      return;
    }
    this.#freshCursor = stored.id;
    this.#push({ stored, attempts: 0 });
  }

  /** Takes out the next delivery. Its bytes count as memory until `release`. */
  take(): Delivery | undefined {
    if (this.#isTaking) return undefined;
    if (this.#ready.length - this.#readyHead < LOW_WATER) {
      this.#isTaking = true;
      try {
        this.#read();
      } finally {
        this.#isTaking = false;
      }
    }
    const delivery = this.#ready[this.#readyHead];
    if (delivery === undefined) return undefined;
    this.#ready[this.#readyHead++] = undefined; // frees its bytes before the list is cut
    if (this.#readyHead === this.#ready.length || this.#readyHead >= 1024) {
      this.#ready = this.#ready.slice(this.#readyHead);
      this.#readyHead = 0;
    }
    return delivery;
  }

  /** Gives back the memory of a delivery that was taken. */
  release(delivery: Delivery): void {
    this.#memoryBytes -= delivery.stored.bytes;
  }

  /** Takes back the memory of a delivery that was released, and is made once more. */
  hold(delivery: Delivery): void {
    this.#memoryBytes += delivery.stored.bytes;
  }

  /** The due time to write for a delivery after a delay: epoch ms by this process's clock. */
  dueAfter(delayMs: number): number {
    const due = Math.max(now() + Math.ceil(delayMs), this.#dueCursor.due + 1); // invariant 1
    this.#nextDue = Math.min(this.#nextDue, due);
    return due;
  }

  #push(delivery: Delivery): void {
    this.#memoryBytes += delivery.stored.bytes;
    this.#ready.push(delivery);
  }

  #read(): void {
    const { database, queue, journal } = this.#options;
    const isDue = this.#nextDue <= now();
    if ((!isDue && !this.#isBehind) || this.#isFull()) return;
    if (!journal.flush()) return; // invariant 2
    if (isDue) {
      // Half a page, so that deliveries that keep failing leave room for fresh ones.
      const isWhole = this.#readPage(
        database.readDue(queue, this.#dueCursor, now()),
        MAX_PAGE_ROWS / 2,
        ({ delivery, cursor }) => {
          this.#dueCursor = cursor;
          return delivery;
        },
      );
      if (isWhole) this.#nextDue = database.nextDue(queue, this.#dueCursor) ?? NEVER;
    }
    if (this.#isBehind && !this.#isFull()) {
      const isWhole = this.#readPage(database.readFresh(queue, this.#freshCursor), MAX_PAGE_ROWS, (delivery) => {
        this.#freshCursor = delivery.stored.id;
        return delivery;
      });
      if (isWhole) this.#isBehind = false;
    }
  }

  /** @returns whether the page took all rows */
  #readPage<T>(rows: Iterable<T>, maxRows: number, take: (row: T) => Delivery): boolean {
    let count = 0;
    for (const row of rows) {
      this.#push(take(row));
      if (++count >= maxRows || this.#isFull()) return false;
    }
    return true;
  }

  #isFull(): boolean {
    return this.#memoryBytes >= this.#options.maxMemoryBytes;
  }
}

/** Epoch ms by a clock that never goes back while the process lives. */
function now(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}
