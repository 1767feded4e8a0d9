// The broker's file. An event is one row; every Trigger that wants it adds a row to deliveries, which goes when the
// subscriber has it, and the event goes with its last delivery. `due` is 0 until a delivery has failed once: fresh
// deliveries are read in the order of their events, the others in the order in which they are due.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { bytesOf, type CloudEvent } from "../../events/cloud-event.ts";
import type { DeadLetterFacts } from "./dead-letter.ts";

/** An event as it lies on disk. */
export interface StoredEvent {
  id: number;
  /** Its data is bytes or none. */
  event: CloudEvent;
  /** How many more times a reply to it may enter the broker. */
  ttl: number;
  /** How many deliveries it began with. */
  deliveries: number;
  /** What it costs in memory. */
  bytes: number;
}

/** One event on its way to one subscriber. */
export interface Delivery {
  stored: StoredEvent;
  /** Failed ones. */
  attempts: number;
  /** What made it a dead letter, on the way to a dead-letter sink. */
  facts?: DeadLetterFacts;
}

/** A place in the order of what is due. */
export interface DuePosition {
  due: number;
  event: number;
}

/** Thrown at start when the file cannot be used; the message names the remedy. */
export class BrokerFileError extends Error {
  override readonly name = "BrokerFileError";
}

const VERSION = 1;
const SCHEMA = `
  CREATE TABLE lanes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    id INTEGER PRIMARY KEY, deliveries INTEGER NOT NULL, ttl INTEGER NOT NULL, attributes TEXT NOT NULL, data BLOB
  ) STRICT;
  CREATE TABLE deliveries (
    lane INTEGER NOT NULL, event INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL, facts TEXT,
    PRIMARY KEY (lane, event)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_by_due ON deliveries (lane, due, event) WHERE due > 0;
  PRAGMA user_version = ${VERSION};
`;
/** Objects, strings and list entries that come with an event in memory. */
const OVERHEAD_BYTES = 1024;
const READ =
  "SELECT e.id, e.deliveries, e.ttl, e.attributes, e.data, d.attempts, d.due, d.facts FROM deliveries d JOIN events e ON e.id = d.event";

export class BrokerDatabase {
  readonly #database: DatabaseSync;
  readonly #statements: Record<keyof typeof SQL, StatementSync>;
  readonly #pageBytes: number;
  readonly #maxPages: number;
  #nextEvent: number;

  constructor({ file, maxBytes }: { file: string; maxBytes: number }) {
    mkdirSync(dirname(file), { recursive: true });
    this.#database = new DatabaseSync(file);
    try {
      // One process only: two brokers on one file would deliver everything twice.
      this.#database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      // 8 MB instead of 4 between checkpoints: what was delivered meanwhile never reaches the main file.
      this.#database.exec("PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864;");
      this.#openSchema(file);
    } catch (error) {
      this.#database.close();
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
      const message = `${file}: Expected to be its only user, got a file that another broker has open: stop that one, or choose another PULSE_DATA_DIR`;
      throw new BrokerFileError(message, { cause: error });
    }
    this.#pageBytes = this.#pragma("page_size");
    this.#maxPages = Math.floor(maxBytes / this.#pageBytes);
    // The journal keeps to the quota when it takes events. Retries and dead letters must always find a page: without one
    // nothing would leave a full file any more.
    this.#database.exec(`PRAGMA max_page_count = ${Math.ceil(this.#maxPages * 1.25)}`);
    this.#statements = Object.fromEntries(
      Object.entries(SQL).map(([name, sql]) => [name, this.#database.prepare(sql)]),
    ) as Record<keyof typeof SQL, StatementSync>;
    this.#nextEvent = Number(this.#statements.lastEvent.get()?.id ?? 0) + 1;
  }

  #openSchema(file: string): void {
    const version = this.#pragma("user_version");
    if (version === 0) this.#database.exec(`BEGIN; ${SCHEMA} COMMIT;`);
    else if (version !== VERSION) {
      const message = `${file}: Expected a file of version ${VERSION}, got version ${version}: let the release that wrote it deliver what is in it, then move it away`;
      throw new BrokerFileError(message);
    }
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  }

  /** The number that stands for a lane, the same after every start. */
  laneId(name: string): number {
    this.#statements.addLane.run(name);
    return Number(this.#statements.findLane.get(name)?.id);
  }

  /** Deliveries that wait, by the names of their lanes. */
  countDeliveries(): Map<string, number> {
    const rows = this.#statements.countDeliveries.all();
    return new Map(rows.map(({ name, count }) => [String(name), Number(count)]));
  }

  /** Runs all of the work or none of it; once it returns, the work is on disk. */
  transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Bytes that new rows may still take. */
  freeBytes(): number {
    const used = Number(this.#statements.pageCount.get()?.page_count);
    const free = Number(this.#statements.freelistCount.get()?.freelist_count);
    return (this.#maxPages - used + free) * this.#pageBytes;
  }

  /** Adds an event with a fresh delivery for each lane. */
  insert(event: CloudEvent, ttl: number, lanes: readonly number[]): StoredEvent {
    const { data, ...rest } = event;
    const bytes = bytesOf(event);
    const attributes = JSON.stringify(rest);
    const id = this.#nextEvent++;
    this.#statements.insertEvent.run(id, lanes.length, ttl, attributes, bytes);
    for (const lane of lanes) this.#statements.insertDelivery.run(lane, id);
    return { id, event, ttl, deliveries: lanes.length, bytes: costOf(attributes.length, bytes.length) };
  }

  /** Takes a delivery away, and its event with the last one. */
  finish(lane: number, { id, deliveries }: StoredEvent): void {
    this.#statements.deleteDelivery.run(lane, id);
    if (deliveries === 1) this.#statements.deleteEvent.run(id);
    else this.#statements.deleteFinishedEvent.run(id);
  }

  retry(lane: number, event: number, attempts: number, due: number): void {
    this.#statements.retry.run(attempts, due, lane, event);
  }

  /** Hands a delivery on to another lane. */
  move(lane: number, event: number, to: number, due: number, facts: DeadLetterFacts): void {
    this.#statements.move.run(to, due, JSON.stringify(facts), lane, event);
  }

  /** Deliveries that were never tried, of events after `event`. */
  *readFresh(lane: number, event: number): Generator<Delivery> {
    for (const row of this.#statements.readFresh.iterate(lane, event)) yield toDelivery(row);
  }

  /** Deliveries that are due at `now`, after a place in their order. */
  *readDue(lane: number, after: DuePosition, now: number): Generator<{ delivery: Delivery; position: DuePosition }> {
    for (const row of this.#statements.readDue.iterate(lane, after.due, after.event, now)) {
      yield { delivery: toDelivery(row), position: { due: Number(row.due), event: Number(row.id) } };
    }
  }

  /** When the next delivery after a place in their order is due. */
  nextDue(lane: number, after: DuePosition): number | undefined {
    const due = this.#statements.nextDue.get(lane, after.due, after.event)?.due;
    return due === undefined ? undefined : Number(due);
  }

  /** Brings what is due later than `latest` forward: the clock may have been set back since it was written. */
  capDue(lane: number, latest: number): void {
    this.#statements.capDue.run(latest, lane, latest);
  }

  close(): void {
    this.#database.close();
  }
}

const SQLITE_BUSY = 5;
const SQL = {
  lastEvent: "SELECT max(id) AS id FROM events",
  addLane: "INSERT OR IGNORE INTO lanes (name) VALUES (?)",
  findLane: "SELECT id FROM lanes WHERE name = ?",
  countDeliveries: "SELECT l.name, count(*) AS count FROM deliveries d JOIN lanes l ON l.id = d.lane GROUP BY l.name",
  pageCount: "PRAGMA page_count",
  freelistCount: "PRAGMA freelist_count",
  insertEvent: "INSERT INTO events (id, deliveries, ttl, attributes, data) VALUES (?, ?, ?, ?, ?)",
  insertDelivery: "INSERT INTO deliveries (lane, event, attempts, due) VALUES (?, ?, 0, 0)",
  deleteDelivery: "DELETE FROM deliveries WHERE lane = ? AND event = ?",
  deleteEvent: "DELETE FROM events WHERE id = ?",
  // CROSS JOIN keeps the order: by itself SQLite would look through all deliveries.
  deleteFinishedEvent:
    "DELETE FROM events WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM lanes l CROSS JOIN deliveries d ON d.lane = l.id AND d.event = ?1)",
  retry: "UPDATE deliveries SET attempts = ?, due = ? WHERE lane = ? AND event = ?",
  move: "UPDATE deliveries SET lane = ?, attempts = 0, due = ?, facts = ? WHERE lane = ? AND event = ?",
  readFresh: `${READ} WHERE d.lane = ? AND d.event > ? AND d.due = 0 ORDER BY d.event`,
  readDue: `${READ} WHERE d.lane = ? AND d.due > 0 AND (d.due, d.event) > (?, ?) AND d.due <= ? ORDER BY d.due, d.event`,
  nextDue:
    "SELECT due FROM deliveries WHERE lane = ? AND due > 0 AND (due, event) > (?, ?) ORDER BY due, event LIMIT 1",
  capDue: "UPDATE deliveries SET due = ? WHERE lane = ? AND due > 0 AND due > ?",
} as const;

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
