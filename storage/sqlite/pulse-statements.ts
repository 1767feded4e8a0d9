import type { DatabaseSync } from "node:sqlite";
import { TIERS } from "../tiers.ts";

/** Every statement on pulses and their services. */
export function preparePulses(database: DatabaseSync) {
  const bare = "s.name, p.event_time, p.source, p.id, p.latency_ms, p.status";
  const columns = `${bare}, p.metadata`;
  // The index gives the order of time; SQLite sorts by source and id only among rows that share a millisecond.
  const order = "ORDER BY p.event_time DESC, p.source, p.id";
  const measures = database.prepare(`
    SELECT p.event_time, p.latency_ms, p.status, p.rowid FROM services s CROSS JOIN pulses p ON p.service = s.id
    WHERE s.name = ?1 AND p.event_time >= ?2 AND (p.event_time, p.rowid) < (?3, ?4)
    ORDER BY p.event_time DESC, p.rowid DESC LIMIT ?5`);
  // Arrays cost two thirds of what objects cost.
  measures.setReturnArrays(true);
  const latestOf = (chosen: string) => `
      SELECT ${chosen} FROM services s CROSS JOIN pulses p ON p.rowid =
        (SELECT p.rowid FROM pulses p WHERE p.service = s.id AND p.event_time >= ?1 ${order} LIMIT 1)
      WHERE s.name > ?2 ORDER BY s.name LIMIT ?3`;

  return {
    dataVersion: database.prepare("PRAGMA data_version"),
    insertService: database.prepare("INSERT INTO services (name) VALUES (?) ON CONFLICT (name) DO NOTHING"),
    selectService: database.prepare("SELECT id FROM services WHERE name = ?"),
    // Takes the name away from what has been stored: from now on the name is that of a new service.
    detachService: database.prepare("UPDATE services SET name = ? || id WHERE name = ?"),
    selectDetached: database.prepare(`SELECT id FROM services WHERE name >= ?1 AND name < ?2 LIMIT 1`),
    deleteOfService: database.prepare(
      "DELETE FROM pulses WHERE rowid IN (SELECT rowid FROM pulses WHERE service = ? LIMIT ?)",
    ),
    deleteService: database.prepare("DELETE FROM services WHERE id = ?"),
    insert: database.prepare(`
      INSERT INTO pulses (service, event_time, source, id, latency_ms, status, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id, service, source) DO NOTHING`),
    select: database.prepare(`
      SELECT ${columns} FROM services s CROSS JOIN pulses p ON p.service = s.id
      WHERE s.name = ?1 AND p.event_time >= ?2 AND p.event_time <= ?3
        AND (p.event_time < ?3 OR (p.source, p.id) > (?4, ?5)) ${order} LIMIT ?6`),
    measures,
    // Of the index alone: each row would be on another page.
    count: database.prepare(`
      SELECT count(*) AS count FROM services s CROSS JOIN pulses p ON p.service = s.id
      WHERE s.name = ? AND p.event_time >= ? AND p.event_time < ?`),
    // The latest pulses are looked up, not kept: a seek for each service is cheaper than a table that every write updates,
    // and it never shows what is expired or no longer the newest.
    latest: database.prepare(latestOf(columns)),
    latestBare: database.prepare(latestOf(bare)),
    names: database.prepare(`
      SELECT name FROM services s WHERE name > ?1
      AND EXISTS (SELECT 1 FROM pulses p WHERE p.service = s.id AND p.event_time >= ?2) ORDER BY name LIMIT ?3`),
    expiredService: database.prepare(`
      SELECT id FROM services s WHERE id > ?
      AND EXISTS (SELECT 1 FROM pulses p WHERE p.service = s.id AND p.event_time < ?) ORDER BY id LIMIT 1`),
    deleteExpired: database.prepare(`
      DELETE FROM pulses WHERE rowid IN
        (SELECT rowid FROM pulses WHERE service = ? AND event_time < ? ORDER BY event_time LIMIT ?)`),
    silentServices: database.prepare(`
      SELECT id FROM services s WHERE NOT EXISTS (SELECT 1 FROM pulses p WHERE p.service = s.id)
      AND NOT EXISTS (SELECT 1 FROM rollups r WHERE r.service = s.id AND r.step = ${TIERS.day} AND r.start >= ?1)
      AND NOT EXISTS (SELECT 1 FROM health_runs r WHERE r.service = s.id AND r.since >= ?1) LIMIT ?2`),
  };
}
