// What waits for one subscriber, in memory up to a bound and beyond it on disk.
//
// A fresh event goes straight to the ready list while there is room; after that the backlog is behind, and reads pages
// from the file until it has caught up. A delivery that failed leaves memory and comes back from the file when it is
// due. Two positions say what has been read: every fresh delivery up to #freshPosition and every failed one up to
// #duePosition is in the ready list, under way, or settled. Hence
//   1. a retry is always due after #duePosition (see dueAfter), and
//   2. the file is read only after the journal has been flushed: what memory knows is on disk then.
import type { BrokerDatabase, Delivery, DuePosition, StoredEvent } from "./broker-database.ts";
import type { Journal } from "./journal.ts";

export interface BacklogOptions {
  lane: number;
  database: BrokerDatabase;
  journal: Journal;
  /** Of events that are ready or under way. */
  maxMemoryBytes: number;
  /** Whether the file holds deliveries of this lane. */
  isBehind: boolean;
  /** No retry waits longer. */
  maxBackoffMs: number;
}

/** A page is read when fewer deliveries than this are ready. */
const LOW_WATER = 16;
const MAX_PAGE_ROWS = 256;
const NEVER = Number.POSITIVE_INFINITY;

export class Backlog {
  readonly #options: BacklogOptions;
  #ready: (Delivery | undefined)[] = [];
  #readyHead = 0;
  #memoryBytes = 0;
  #freshPosition = 0;
  #isBehind: boolean;
  #duePosition: DuePosition = { due: 0, event: 0 };
  #nextDue: number;

  constructor(options: BacklogOptions) {
    const { database, lane, isBehind, maxBackoffMs } = options;
    this.#options = options;
    this.#isBehind = isBehind;
    // The clock may have been set back since the last start.
    database.capDue(lane, now() + maxBackoffMs);
    this.#nextDue = database.nextDue(lane, this.#duePosition) ?? NEVER;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** How long until a failed delivery is due, in ms; infinite when there is none. */
  get dueInMs(): number {
    return this.#nextDue - now();
  }

  /** Takes an event that has just been written. */
  offer(stored: StoredEvent): void {
    if (this.#isBehind || stored.id <= this.#freshPosition) return;
    if (this.#memoryBytes > 0 && this.#memoryBytes + stored.bytes > this.#options.maxMemoryBytes) {
      this.#isBehind = true;
      return;
    }
    this.#freshPosition = stored.id;
    this.#push({ stored, attempts: 0 });
  }

  /** The next delivery to make. Its bytes count until it is released. */
  take(): Delivery | undefined {
    if (this.#ready.length - this.#readyHead < LOW_WATER) this.#read();
    const delivery = this.#ready[this.#readyHead];
    if (delivery === undefined) return undefined;
    this.#ready[this.#readyHead++] = undefined; // or the list would hold its bytes until it is cut
    if (this.#readyHead === this.#ready.length || this.#readyHead >= 1024) {
      this.#ready = this.#ready.slice(this.#readyHead);
      this.#readyHead = 0;
    }
    return delivery;
  }

  /** Says that a delivery needs its memory no more. */
  release(delivery: Delivery): void {
    this.#memoryBytes -= delivery.stored.bytes;
  }

  /** The time to write for a delivery that is due after a delay: epoch ms by this process's clock. */
  dueAfter(delayMs: number): number {
    const due = Math.max(now() + Math.ceil(delayMs), this.#duePosition.due + 1); // invariant 1
    this.#nextDue = Math.min(this.#nextDue, due);
    return due;
  }

  #push(delivery: Delivery): void {
    this.#memoryBytes += delivery.stored.bytes;
    this.#ready.push(delivery);
  }

  #read(): void {
    const { database, lane, journal } = this.#options;
    const isDue = this.#nextDue <= now();
    if ((!isDue && !this.#isBehind) || this.#isFull()) return;
    if (!journal.flush()) return; // invariant 2
    if (isDue) {
      // Half a page, so that what fails again and again leaves room for what is fresh.
      const isWhole = this.#readPage(database.readDue(lane, this.#duePosition, now()), MAX_PAGE_ROWS / 2, (entry) => {
        this.#duePosition = entry.position;
        return entry.delivery;
      });
      if (isWhole) this.#nextDue = database.nextDue(lane, this.#duePosition) ?? NEVER;
    }
    if (this.#isBehind && !this.#isFull()) {
      const isWhole = this.#readPage(database.readFresh(lane, this.#freshPosition), MAX_PAGE_ROWS, (delivery) => {
        this.#freshPosition = delivery.stored.id;
        return delivery;
      });
      if (isWhole) this.#isBehind = false;
    }
  }

  /** @returns whether the rows came to their end before the page did. */
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

/** Epoch ms that never go back while the process lives. */
function now(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}
