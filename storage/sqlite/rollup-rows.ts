import type { DatabaseSync } from "node:sqlite";
import type { KeptRollup } from "../ports.ts";
import type { Span } from "../span.ts";
import { TIERS, type Tier } from "../tiers.ts";

/**
 * `sealed` has one row: pulses from before `until` leave a mark. Transactions follow one another, so this needs no clock: who
 * commits a higher `until` sees all that was stored before, and every later transaction sees that `until`. It counts
 * forgotten services, too: what is rolled up while one is forgotten may be of its pulses, and is not kept.
 */
export const rollupTables = `
    CREATE TABLE rollups (
      service INTEGER NOT NULL, step INTEGER NOT NULL, start INTEGER NOT NULL, seen TEXT NOT NULL, value BLOB NOT NULL,
      PRIMARY KEY (service, step, start)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE marks (
      service INTEGER NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (service, hour)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sealed (id INTEGER PRIMARY KEY CHECK (id = 1), until INTEGER NOT NULL, forgotten INTEGER NOT NULL) STRICT;
    INSERT INTO sealed VALUES (1, 0, 0)`;

function prepareStatements(database: DatabaseSync) {
  const list = database.prepare(`
      SELECT r.start, r.seen, r.value FROM services s CROSS JOIN rollups r ON r.service = s.id
      WHERE s.name = ? AND r.step = ? AND r.start >= ? AND r.start < ? ORDER BY r.start`);
  // Arrays cost two thirds of what objects cost.
  list.setReturnArrays(true);
  return {
    sealedUntil: database.prepare("SELECT until FROM sealed"),
    seal: database.prepare("UPDATE sealed SET until = ?1 WHERE until < ?1"),
    forgotten: database.prepare("SELECT forgotten FROM sealed"),
    countForgotten: database.prepare("UPDATE sealed SET forgotten = forgotten + 1"),
    mark: database.prepare(`
      INSERT INTO marks (service, hour, count) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1`),
    marks: database.prepare(`
      SELECT m.hour, m.count FROM services s CROSS JOIN marks m ON m.service = s.id
      WHERE s.name = ? AND m.hour > ? AND m.hour < ?`),
    list,
    keep: database.prepare(`
      INSERT OR REPLACE INTO rollups (service, step, start, seen, value)
      SELECT id, ?2, ?3, ?4, ?5 FROM services WHERE name = ?1`),
    deleteTier: database.prepare(
      "DELETE FROM rollups WHERE service = (SELECT id FROM services WHERE name = ?) AND step = ? AND start < ?",
    ),
    deleteRollupsBefore: database.prepare("DELETE FROM rollups WHERE service = ? AND step < ? AND start < ?"),
    deleteMarksBefore: database.prepare("DELETE FROM marks WHERE service = ? AND hour < ?"),
    deleteRollups: database.prepare("DELETE FROM rollups WHERE service = ?"),
    deleteMarks: database.prepare("DELETE FROM marks WHERE service = ?"),
  };
}

/** The tables of rollups and marks, and their statements. */
export class RollupRows {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
  }

  /** Pulses from before this time leave a mark. */
  sealedUntil(): number {
    return Number(this.#statements.sealedUntil.get()?.until);
  }

  seal(until: number): void {
    this.#statements.seal.run(until);
  }

  /** How many services were forgotten so far. */
  forgotten(): number {
    return Number(this.#statements.forgotten.get()?.forgotten);
  }

  countForgotten(): void {
    this.#statements.countForgotten.run();
  }

  mark(serviceId: number, hour: number): void {
    this.#statements.mark.run(serviceId, hour);
  }

  /** The marks of the hours from `after` on, which is not among them, before `to`. */
  marks(service: string, after: number, to: number): Map<number, string> {
    const rows = this.#statements.marks.all(service, after, to);
    return new Map(rows.map(({ hour, count }) => [Number(hour), String(count)]));
  }

  list(service: string, tier: Tier, { from, to }: Span): KeptRollup[] {
    const rows = this.#statements.list.all(service, TIERS[tier], from, to) as unknown as [number, string, Uint8Array][];
    return rows.map(([start, seen, value]) => ({ start, seen, value }));
  }

  /** Keeps one, unless the service is not there any more. */
  keep(service: string, tier: Tier, { start, seen, value }: KeptRollup): void {
    this.#statements.keep.run(service, TIERS[tier], start, seen, value);
  }

  /** Deletes the rollups of a tier that begin before a time. */
  deleteTier(service: string, tier: Tier, before: number): void {
    this.#statements.deleteTier.run(service, TIERS[tier], before);
  }

  /** Deletes what tells of the pulses before the horizon, except whole days: these are kept for longer. */
  deleteBefore(serviceId: number, horizon: number): void {
    this.#statements.deleteRollupsBefore.run(serviceId, TIERS.day, horizon);
    this.#statements.deleteMarksBefore.run(serviceId, horizon - TIERS.day);
  }

  /** Deletes all of a service. */
  deleteOf(serviceId: number): void {
    this.#statements.deleteRollups.run(serviceId);
    this.#statements.deleteMarks.run(serviceId);
  }
}
