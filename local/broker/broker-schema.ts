// The tables of the broker's file and the statements on them; broker-database.ts runs them.
import type { DatabaseSync } from "node:sqlite";

/** Thrown at start when the file cannot be used; the message names the remedy. */
export class BrokerFileError extends Error {
  override readonly name = "BrokerFileError";
}

const VERSION = 2;
const SCHEMA = `
  CREATE TABLE queues (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    id INTEGER PRIMARY KEY, deliveries INTEGER NOT NULL, ttl INTEGER NOT NULL, attributes TEXT NOT NULL, data BLOB
  ) STRICT;
  CREATE TABLE deliveries (
    queue INTEGER NOT NULL, event INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL, facts TEXT,
    PRIMARY KEY (queue, event)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_by_due ON deliveries (queue, due, event) WHERE due > 0;
  PRAGMA user_version = ${VERSION};
`;
const FROM_VERSION_1 = `
  ALTER TABLE lanes RENAME TO queues;
  ALTER TABLE deliveries RENAME COLUMN lane TO queue;
  PRAGMA user_version = ${VERSION};
`;

/** Makes the tables of a new file, or brings a file of version 1 up to date. @throws {BrokerFileError} for others */
export function openSchema(database: DatabaseSync, file: string): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (version === 0) database.exec(`BEGIN; ${SCHEMA} COMMIT;`);
  else if (version === 1) database.exec(`BEGIN; ${FROM_VERSION_1} COMMIT;`);
  else if (version !== VERSION) {
    const message = `${file}: Expected a file of version ${VERSION}, got version ${version}: let the release that wrote it deliver what is in it, then move it away`;
    throw new BrokerFileError(message);
  }
}

const READ =
  "SELECT e.id, e.deliveries, e.ttl, e.attributes, e.data, d.attempts, d.due, d.facts FROM deliveries d JOIN events e ON e.id = d.event";

/** Prepared once at start. */
export const SQL = {
  lastEvent: "SELECT max(id) AS id FROM events",
  addQueue: "INSERT OR IGNORE INTO queues (name) VALUES (?)",
  findQueue: "SELECT id FROM queues WHERE name = ?",
  countDeliveries: "SELECT q.name, count(*) AS count FROM deliveries d JOIN queues q ON q.id = d.queue GROUP BY q.name",
  pageCount: "PRAGMA page_count",
  freelistCount: "PRAGMA freelist_count",
  insertEvent: "INSERT INTO events (id, deliveries, ttl, attributes, data) VALUES (?, ?, ?, ?, ?)",
  insertDelivery: "INSERT INTO deliveries (queue, event, attempts, due) VALUES (?, ?, 0, 0)",
  deleteDelivery: "DELETE FROM deliveries WHERE queue = ? AND event = ?",
  deleteEvent: "DELETE FROM events WHERE id = ?",
  // CROSS JOIN fixes the order: SQLite would otherwise look through all deliveries.
  deleteFinishedEvent:
    "DELETE FROM events WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM queues q CROSS JOIN deliveries d ON d.queue = q.id AND d.event = ?1)",
  retry: "UPDATE deliveries SET attempts = ?, due = ? WHERE queue = ? AND event = ?",
  move: "UPDATE deliveries SET queue = ?, attempts = 0, due = ?, facts = ? WHERE queue = ? AND event = ?",
  readFresh: `${READ} WHERE d.queue = ? AND d.event > ? AND d.due = 0 ORDER BY d.event`,
  readDue: `${READ} WHERE d.queue = ? AND d.due > 0 AND (d.due, d.event) > (?, ?) AND d.due <= ? ORDER BY d.due, d.event`,
  nextDue:
    "SELECT due FROM deliveries WHERE queue = ? AND due > 0 AND (due, event) > (?, ?) ORDER BY due, event LIMIT 1",
  capDue: "UPDATE deliveries SET due = ? WHERE queue = ? AND due > 0 AND due > ?",
} as const;
