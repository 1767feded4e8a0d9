import type { DatabaseSync } from "node:sqlite";
import type { Pulse } from "../../events/pulse.ts";
import type { PulseCursor } from "../cursor.ts";
import type { Measure, StoredPulse } from "../ports.ts";
import type { Span } from "../span.ts";
import { floorTo, HOUR_MS } from "../tiers.ts";
import type { StoreTables } from "./group-commit.ts";
import type { HealthRows } from "./health-rows.ts";
import type { MarkerRows } from "./marker-store.ts";
import { preparePulses } from "./pulse-statements.ts";
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

export interface PulseRowsOptions {
  rollups: RollupRows;
  health: Pick<HealthRows, "deleteOf" | "deleteSet">;
  markers: Pick<MarkerRows, "deleteOf">;
  /** A service whose pulses are gone stays as long as something is known of it that begins at or after this time (epoch ms). */
  oldestDay(): number;
}

/** The tables of pulses and their statements. */
export class PulseRows implements StoreTables<readonly Pulse[]> {
  readonly #statements: ReturnType<typeof preparePulses>;
  readonly #serviceIds = new Map<string, number>();
  readonly #rollups: RollupRows;
  readonly #health: PulseRowsOptions["health"];
  readonly #markers: PulseRowsOptions["markers"];
  readonly #oldestDay: () => number;
  #dataVersion: unknown;
  #sealedUntil = 0;

  constructor(database: DatabaseSync, { rollups, health, markers, oldestDay }: PulseRowsOptions) {
    this.#statements = preparePulses(database);
    this.#rollups = rollups;
    this.#health = health;
    this.#markers = markers;
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

  count(service: string, { from, to }: Span): number {
    if (service.startsWith(DETACHED)) return 0;
    return Number(this.#statements.count.get(service, from, Math.ceil(to))?.count);
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
    this.#markers.deleteOf(service);
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
