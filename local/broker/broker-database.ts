// The broker's file. An event is one row. Each queue that takes it adds a row to `deliveries`, which goes when the
// subscriber has the event; the event's row goes with its last delivery. `due` is 0 until a delivery has failed once:
// fresh deliveries are read in the order of their events, failed ones in the order of `due`.
import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { bytesOf, type CloudEvent } from "../../events/cloud-event.ts";
import { makePrivateDatabase, makePrivateFolder } from "../../settings/private-files.ts";
import { BrokerFileError, openSchema, SQL } from "./broker-schema.ts";
import type { DeadLetterFacts } from "./dead-letter.ts";

/** An event as the file holds it. */
export interface StoredEvent {
  id: number;
  /** With data of kind `bytes` or `none`. */
  event: CloudEvent;
  /** How many hops are left for replies to the event. */
  ttl: number;
  /** The number of queues that took the event. */
  deliveries: number;
  /** The event's cost in memory. */
  bytes: number;
}

/** One event on its way to one subscriber. */
export interface Delivery {
  stored: StoredEvent;
  /** Failed attempts so far. */
  attempts: number;
  /** On the way to a dead-letter sink: why the event is a dead letter. */
  facts?: DeadLetterFacts;
}

/** How far the failed deliveries were read, in the order of their due times. */
export interface DueCursor {
  due: number;
  event: number;
}

/** What an event costs in memory besides its attributes and data: objects, strings, list entries. */
const OVERHEAD_BYTES = 1024;
const SQLITE_BUSY = 5;

export class BrokerDatabase {
  readonly #copy: string;
  readonly #unfinishedCopy: string;
  readonly #database: DatabaseSync;
  readonly #statements: Record<keyof typeof SQL, StatementSync>;
  readonly #pageBytes: number;
  readonly #maxPages: number;
  #nextEvent: number;

  constructor({ file, maxBytes }: { file: string; maxBytes: number }) {
    this.#copy = `${file}.copy`;
    this.#unfinishedCopy = `${file}.copying`;
    makePrivateFolder(dirname(file));
    makePrivateDatabase(file);
    this.#database = new DatabaseSync(file);
    try {
      // For one process only: two brokers on one file would deliver everything twice.
      this.#database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      // 8 MB instead of 4 between checkpoints: events that are delivered in between never reach the main file.
      this.#database.exec("PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864;");
      openSchema(this.#database, file);
      // Copies for a backup that was killed before it took them.
      for (const left of [this.#copy, this.#unfinishedCopy]) rmSync(left, { force: true });
    } catch (error) {
      this.#database.close();
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
      const message = `${file}: Expected to be its only user, got a file that another broker has open: stop that one, or choose another PULSE_DATA_DIR`;
      throw new BrokerFileError(message, { cause: error });
    }
    this.#pageBytes = this.#pragma("page_size");
    this.#maxPages = Math.floor(maxBytes / this.#pageBytes);
    // SQLite sets the file no limit. The journal holds new events and replies to the quota; retries and dead letters always find
    // a page, or nothing could leave a full file.
    this.#statements = Object.fromEntries(
      Object.entries(SQL).map(([name, sql]) => [name, this.#database.prepare(sql)]),
    ) as Record<keyof typeof SQL, StatementSync>;
    this.#nextEvent = Number(this.#statements.lastEvent.get()?.id ?? 0) + 1;
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  }

  /** The number of a queue, the same after every start. */
  queueId(name: string): number {
    this.#statements.addQueue.run(name);
    return Number(this.#statements.findQueue.get(name)?.id);
  }

  /** The number of waiting deliveries by the name of their queue. */
  countDeliveries(): Map<string, number> {
    const rows = this.#statements.countDeliveries.all();
    return new Map(rows.map(({ name, count }) => [String(name), Number(count)]));
  }

  /** Runs all of the work or none of it; when this returns, the work is on disk. */
  transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      // After some errors, such as a full disk, SQLite has rolled back already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /**
   * Writes all that waits to `<file>.copy`, in place of an earlier copy, for `npm run backup`: no other process can read the
   * file. Everything else waits meanwhile, because SQLite's incremental backup need not end beside writes of the same
   * connection.
   */
  copy(): void {
    rmSync(this.#unfinishedCopy, { force: true });
    closeSync(openSync(this.#unfinishedCopy, "wx", 0o600));
    this.#database.prepare("VACUUM INTO ?").run(this.#unfinishedCopy);
    renameSync(this.#unfinishedCopy, this.#copy);
  }

  /** Bytes that new rows may still take. */
  freeBytes(): number {
    const used = Number(this.#statements.pageCount.get()?.page_count);
    const free = Number(this.#statements.freelistCount.get()?.freelist_count);
    return (this.#maxPages - used + free) * this.#pageBytes;
  }

  /** Adds an event with a fresh delivery for each queue. */
  insert(event: CloudEvent, ttl: number, queues: readonly number[]): StoredEvent {
    const { data, ...rest } = event;
    const bytes = bytesOf(event);
    const attributes = JSON.stringify(rest);
    const id = this.#nextEvent++;
    this.#statements.insertEvent.run(id, queues.length, ttl, attributes, bytes);
    for (const queue of queues) this.#statements.insertDelivery.run(queue, id);
    return { id, event, ttl, deliveries: queues.length, bytes: costOf(attributes.length, bytes.length) };
  }

  /** Removes a delivery, and the event with its last delivery. */
  finish(queue: number, { id, deliveries }: StoredEvent): void {
    this.#statements.deleteDelivery.run(queue, id);
    if (deliveries === 1) this.#statements.deleteEvent.run(id);
    else this.#statements.deleteFinishedEvent.run(id);
  }

  retry(queue: number, event: number, attempts: number, due: number): void {
    this.#statements.retry.run(attempts, due, queue, event);
  }

  /** Moves a delivery to another queue. Where the file is a quarter beyond the quota, the facts are kept without their data. */
  move(queue: number, event: number, to: number, due: number, facts: DeadLetterFacts): void {
    const isCut = "data" in facts && this.freeBytes() < (-this.#maxPages * this.#pageBytes) / 4;
    this.#statements.move.run(to, due, JSON.stringify(isCut ? { ...facts, data: "" } : facts), queue, event);
  }

  /** Deliveries that have not failed yet, of events after `event`. */
  *readFresh(queue: number, event: number): Generator<Delivery> {
    for (const row of this.#statements.readFresh.iterate(queue, event)) yield toDelivery(row);
  }

  /** Failed deliveries that are due at `now`, after a cursor. */
  *readDue(queue: number, after: DueCursor, now: number): Generator<{ delivery: Delivery; cursor: DueCursor }> {
    for (const row of this.#statements.readDue.iterate(queue, after.due, after.event, now)) {
      yield { delivery: toDelivery(row), cursor: { due: Number(row.due), event: Number(row.id) } };
    }
  }

  /** When the next failed delivery after a cursor is due. */
  nextDue(queue: number, after: DueCursor): number | undefined {
    const due = this.#statements.nextDue.get(queue, after.due, after.event)?.due;
    return due === undefined ? undefined : Number(due);
  }

  /** Brings due times after `latest` forward to it. */
  capDue(queue: number, latest: number): void {
    this.#statements.capDue.run(latest, queue, latest);
  }

  close(): void {
    this.#database.close();
  }
}

function toDelivery(row: Record<string, SQLOutputValue>): Delivery {
  const attributes = String(row.attributes);
  const { data } = row;
  const event: CloudEvent = { ...JSON.parse(attributes), data: { kind: "none" } };
  // An empty BLOB is bound as NULL by node:sqlite.
  const bytes = data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : undefined;
  if (bytes !== undefined) event.data = { kind: "bytes", bytes };
  const stored: StoredEvent = {
    id: Number(row.id),
    event,
    ttl: Number(row.ttl),
    deliveries: Number(row.deliveries),
    bytes: costOf(attributes.length, bytes?.length ?? 0),
  };
  const delivery: Delivery = { stored, attempts: Number(row.attempts) };
  if (row.facts !== null) delivery.facts = JSON.parse(String(row.facts)) as DeadLetterFacts;
  return delivery;
}

function costOf(attributesLength: number, dataBytes: number): number {
  return OVERHEAD_BYTES + 2 * attributesLength + dataBytes;
}
