import type { DatabaseSync } from "node:sqlite";
import type { Pulse } from "../../events/pulse.ts";
import type { PulseCursor } from "../cursor.ts";
import type { Measure, Span, StoredPulse } from "../ports.ts";
import { floorTo, HOUR_MS, TIERS } from "../tiers.ts";
import type { StoreTables } from "./group-commit.ts";
import type { HealthRows } from "./health-rows.ts";
import type { RollupRows } from "./rollup-rows.ts";

interface Row {
  name: string;
  event_time: number;
  source: string;
  id: string;
  latency_ms: number;
  status: string;
  metadata?: string | null;
}

/** A measure, and the row that it stands in. */
export type MeasureRow = readonly [...Measure, rowid: number];

const MAX_KNOWN_SERVICES = 10_000;
/** Begins the name of a forgotten service whose pulses are being deleted. Names of services begin with a letter or digit. */
const DETACHED = "!";
/** All names of services come after it, and those of forgotten ones before. */
export const AFTER_DETACHED = '"';

function prepareStatements(database: DatabaseSync) {
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

export interface PulseRowsOptions {
  rollups: RollupRows;
  health: Pick<HealthRows, "deleteOf" | "deleteSet">;
  /** A service whose pulses are gone stays as long as something is known of it that begins at or after this time (epoch ms). */
  oldestDay(): number;
}

/** The tables of pulses and their statements. */
export class PulseRows implements StoreTables<readonly Pulse[]> {
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #serviceIds = new Map<string, number>();
  readonly #rollups: RollupRows;
  readonly #health: PulseRowsOptions["health"];
  readonly #oldestDay: () => number;
  #dataVersion: unknown;
  #sealedUntil = 0;

  constructor(database: DatabaseSync, { rollups, health, oldestDay }: PulseRowsOptions) {
    this.#statements = prepareStatements(database);
    this.#rollups = rollups;
    this.#health = health;
    this.#oldestDay = oldestDay;
  }

  // Another process may have deleted a service whose id is known here.
  begin(): void {
    const version = this.#statements.dataVersion.get()?.data_version;
    if (version !== this.#dataVersion) this.#serviceIds.clear();
    this.#dataVersion = version;
    this.#sealedUntil = this.#rollups.sealedUntil();
  }

  /** Inserts those that are not stored yet, and marks the hours of late ones. */
  apply(pulses: readonly Pulse[]): void {
    const { insert } = this.#statements;
    const marked = new Map<number, Set<number>>();
    for (const pulse of pulses) {
      const service = this.#serviceIds.get(pulse.service_name) ?? this.#resolveService(pulse.service_name);
      const { changes } = insert.run(
        service,
        pulse.event_time,
        pulse.source,
        pulse.id,
        pulse.latency_ms,
        pulse.status,
        pulse.metadata === undefined ? null : JSON.stringify(pulse.metadata),
      );
      if (pulse.event_time >= this.#sealedUntil || changes === 0) continue;
      const hours = marked.get(service) ?? new Set();
      marked.set(service, hours.add(floorTo(HOUR_MS, pulse.event_time)));
    }
    for (const [service, hours] of marked) for (const hour of hours) this.#rollups.mark(service, hour);
  }

  // The transaction may have made services.
  undone(): void {
    this.#serviceIds.clear();
  }

  #resolveService(name: string): number {
    this.#statements.insertService.run(name);
    const id = Number(this.#statements.selectService.get(name)?.id);
    if (this.#serviceIds.size >= MAX_KNOWN_SERVICES) this.#serviceIds.clear();
    this.#serviceIds.set(name, id);
    return id;
  }

  /** The pulses of a span after a cursor, newest first. */
  select(service: string, { from, to }: Span, limit: number, after: PulseCursor | undefined): StoredPulse[] {
    // Times are whole: "before `to`" is "up to the whole number below it". No source is empty: ("", "") comes before all.
    const last = Math.ceil(to) - 1;
    // A cursor may come with another span than the one it was made for.
    const [time, source, id] = after !== undefined && after[0] <= last ? after : [last, "", ""];
    if (service.startsWith(DETACHED)) return [];
    return this.#statements.select
      .all(service, from, time, source, id, limit)
      .map((row) => pulseOf(row as unknown as Row));
  }

  /** What is measured of the pulses of a span before another, newest first. */
  measures(service: string, { from, to }: Span, limit: number, before: MeasureRow | undefined): MeasureRow[] {
    if (service.startsWith(DETACHED)) return [];
    const [time, rowid] = before === undefined ? [Math.ceil(to), 0] : [before[0], before[3]];
    return this.#statements.measures.all(service, from, time, rowid, limit) as unknown as MeasureRow[];
  }

  /** The newest pulse of each service that has one from the horizon on, after a name, in the order of names. */
  latest(after: string | undefined, horizon: number, limit: number, isBare: boolean): StoredPulse[] {
    const { latest, latestBare } = this.#statements;
    // What comes from outside may be before all names.
    const from = after === undefined || after < AFTER_DETACHED ? AFTER_DETACHED : after;
    return (isBare ? latestBare : latest).all(horizon, from, limit).map((row) => pulseOf(row as unknown as Row));
  }

  /** The names of services that have a pulse from the horizon on, after a name, in their order. */
  names(after: string | undefined, horizon: number, limit: number): string[] {
    return this.#statements.names.all(after ?? AFTER_DETACHED, horizon, limit).map(({ name }) => String(name));
  }

  /** Takes the name from a service: nothing of it is found any more, and {@link deleteDetached} deletes its pulses. */
  detach(service: string): void {
    this.#statements.detachService.run(DETACHED, service);
    this.#rollups.countForgotten();
    this.#health.deleteSet(service);
    this.#serviceIds.delete(service);
  }

  /** Deletes at most `maxRows` pulses of services without a name; true when there may be more. */
  deleteDetached(maxRows: number): boolean {
    const { selectDetached, deleteOfService } = this.#statements;
    const id = selectDetached.get(DETACHED, AFTER_DETACHED)?.id;
    if (id === undefined) return false;
    if (Number(deleteOfService.run(id, maxRows).changes) < maxRows) {
      this.#deleteService(Number(id));
    }
    return true;
  }

  /** Deletes pulses first, those of forgotten services before all others, then services of which nothing is known any more. */
  deleteBefore(horizon: number, maxRows: number): boolean {
    const { expiredService, deleteExpired, silentServices } = this.#statements;
    if (this.deleteDetached(maxRows)) return true;
    let left = maxRows;
    for (let after = 0; ; ) {
      const service = expiredService.get(after, horizon);
      if (service === undefined) break;
      after = Number(service.id);
      this.#rollups.deleteBefore(after, horizon);
      left -= Number(deleteExpired.run(after, horizon, left).changes);
      if (left <= 0) return true;
    }
    const silent = silentServices.all(this.#oldestDay(), left);
    for (const { id } of silent) {
      this.#deleteService(Number(id));
    }
    if (silent.length > 0) this.#serviceIds.clear();
    return silent.length === left;
  }

  #deleteService(id: number): void {
    this.#statements.deleteService.run(id);
    this.#rollups.deleteOf(id);
    this.#health.deleteOf(id);
  }

  /** Throws when the tables cannot be read. */
  probe(): void {
    this.#statements.selectService.get("");
  }
}

function pulseOf(row: Row): StoredPulse {
  const pulse: StoredPulse = {
    service_name: row.name,
    event_time: row.event_time,
    latency_ms: row.latency_ms,
    status: row.status,
    id: row.id,
    source: row.source,
  };
  if (typeof row.metadata === "string") pulse.metadata = JSON.parse(row.metadata);
  return pulse;
}
