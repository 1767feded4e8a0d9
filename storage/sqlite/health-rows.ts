import type { DatabaseSync } from "node:sqlite";
import type { HealthRun } from "../../events/health-run.ts";
import type { CurrentRun, KeptMemory, PlannedWork, SetService, ToldRun } from "../health-ports.ts";
import type { Span } from "../span.ts";

/** `health_states` has the `as_of` of the last judgement of each service; `health_watch` has one row, with 0 for what is not known. */
export const healthTables = `
    CREATE TABLE health_runs (
      service INTEGER NOT NULL, since INTEGER NOT NULL, health TEXT NOT NULL, confirmed_at INTEGER NOT NULL, cause TEXT NOT NULL,
      PRIMARY KEY (service, since)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE health_states (service INTEGER PRIMARY KEY, as_of INTEGER NOT NULL) STRICT;
    CREATE TABLE health_memories (service INTEGER PRIMARY KEY, judged_until INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
    CREATE TABLE health_told (
      service INTEGER NOT NULL, since INTEGER NOT NULL, health TEXT, revision INTEGER NOT NULL, PRIMARY KEY (service, since)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE health_watch (id INTEGER PRIMARY KEY CHECK (id = 1), judged_until INTEGER NOT NULL, told_from INTEGER NOT NULL) STRICT;
    INSERT INTO health_watch VALUES (1, 0, 0)`;

/** What the API has set, by a service's name: there need be no pulse of it. */
export const setTables = `
    CREATE TABLE set_services (
      name TEXT PRIMARY KEY, is_retired INTEGER NOT NULL DEFAULT 0, work_from INTEGER, work_to INTEGER, reason TEXT
    ) STRICT, WITHOUT ROWID`;

/** The tables of {@link healthTables} that have rows of services. */
const OF_SERVICES = ["health_runs", "health_states", "health_memories", "health_told"] as const;

/** A row of {@link setTables}: without planned work its columns are null. */
type SetRow = { name: string; is_retired: number; work_from: number | null; work_to: number; reason: string };

function prepareStatements(database: DatabaseSync) {
  const run = "r.since, r.health, r.confirmed_at AS confirmedAt, r.cause";
  const ofRuns = "FROM services s CROSS JOIN health_runs r ON r.service = s.id WHERE s.name = ?1";
  return {
    current: database.prepare(`
      SELECT s.name AS service, h.as_of AS asOf, ${run} FROM services s CROSS JOIN health_states h ON h.service = s.id
      CROSS JOIN health_runs r ON r.service = s.id AND r.since = (SELECT max(since) FROM health_runs WHERE service = s.id)
      WHERE s.name > ?1 ORDER BY s.name LIMIT ?2`),
    runs: database.prepare(`
      SELECT ${run} ${ofRuns} AND r.since < ?3 AND r.since >=
        coalesce((SELECT max(b.since) FROM health_runs b WHERE b.service = s.id AND b.since <= ?2), ?2)
      ORDER BY r.since`),
    judge: database.prepare(`
      INSERT INTO health_states (service, as_of) SELECT id, ?2 FROM services WHERE name = ?1
      ON CONFLICT (service) DO UPDATE SET as_of = ?2 WHERE as_of <= ?2 RETURNING service`),
    deleteRuns: database.prepare("DELETE FROM health_runs WHERE service = ? AND since >= ? AND since < ?"),
    insertRun: database.prepare(
      "INSERT INTO health_runs (service, since, health, confirmed_at, cause) VALUES (?, ?, ?, ?, ?)",
    ),
    // The last run that began before the horizon lasts into what is kept.
    deleteRunsBefore: database.prepare(`
      DELETE FROM health_runs WHERE service = ?1 AND since <
        (SELECT max(since) FROM health_runs WHERE service = ?1 AND since <= ?2)`),
    deleteToldBefore: database.prepare("DELETE FROM health_told WHERE service = ? AND since < ?"),
    memory: database.prepare(`
      SELECT m.judged_until AS judgedUntil, m.state FROM services s CROSS JOIN health_memories m ON m.service = s.id WHERE s.name = ?`),
    remember: database.prepare(
      "INSERT OR REPLACE INTO health_memories (service, judged_until, state) VALUES (?, ?, ?)",
    ),
    told: database.prepare(`
      SELECT t.since, t.health, t.revision FROM services s CROSS JOIN health_told t ON t.service = s.id
      WHERE s.name = ? AND t.since >= ? AND t.since < ? ORDER BY t.since`),
    tell: database.prepare(`
      INSERT OR REPLACE INTO health_told (service, since, health, revision) SELECT id, ?2, ?3, ?4 FROM services WHERE name = ?1`),
    watch: database.prepare("SELECT judged_until AS judgedUntil, told_from AS toldFrom FROM health_watch"),
    noteJudged: database.prepare("UPDATE health_watch SET judged_until = ?1 WHERE judged_until < ?1"),
    tellFrom: database.prepare("UPDATE health_watch SET told_from = ?1 WHERE told_from = 0 OR told_from > ?1"),
    set: database.prepare("SELECT * FROM set_services ORDER BY name"),
    retire: database.prepare(
      "INSERT INTO set_services (name, is_retired) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET is_retired = ?2",
    ),
    plan: database.prepare(`
      INSERT INTO set_services (name, work_from, work_to, reason) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (name) DO UPDATE SET work_from = ?2, work_to = ?3, reason = ?4`),
    deleteUnset: database.prepare("DELETE FROM set_services WHERE name = ? AND is_retired = 0 AND work_from IS NULL"),
    deleteSet: database.prepare("DELETE FROM set_services WHERE name = ?"),
    deleteOf: OF_SERVICES.map((table) => database.prepare(`DELETE FROM ${table} WHERE service = ?`)),
  };
}

/** The tables of health, and their statements. */
export class HealthRows {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
  }

  /** The newest runs of services after a name, in the order of names. */
  current(after: string, limit: number): CurrentRun[] {
    return this.#statements.current
      .all(after, limit)
      .map(({ service, asOf, ...run }) => ({ service, asOf, run }) as unknown as CurrentRun);
  }

  runs(service: string, { from, to }: Span): HealthRun[] {
    return this.#statements.runs.all(service, from, to).map((row) => ({ ...row })) as unknown as HealthRun[];
  }

  /** The id of a service of which a judgement as of a time may change something; `undefined` where a later one has, or it is gone. */
  judge(service: string, asOf: number): number | undefined {
    return this.#statements.judge.get(service, asOf)?.service as number | undefined;
  }

  replace(serviceId: number, { from, to }: Span, runs: readonly HealthRun[]): void {
    const { deleteRuns, insertRun } = this.#statements;
    deleteRuns.run(serviceId, from, to);
    for (const { since, health, confirmedAt, cause } of runs)
      insertRun.run(serviceId, since, health, confirmedAt, cause);
  }

  /** Deletes the runs that ended before a horizon, and what was told of them. */
  deleteBefore(serviceId: number, horizon: number): void {
    this.#statements.deleteRunsBefore.run(serviceId, horizon);
    this.#statements.deleteToldBefore.run(serviceId, horizon);
  }

  memory(service: string): KeptMemory | undefined {
    const row = this.#statements.memory.get(service);
    return row === undefined ? undefined : ({ ...row } as unknown as KeptMemory);
  }

  remember(serviceId: number, { judgedUntil, state }: KeptMemory): void {
    this.#statements.remember.run(serviceId, judgedUntil, state);
  }

  told(service: string, { from, to }: Span): ToldRun[] {
    const rows = this.#statements.told.all(service, from, to) as { health: string | null }[];
    return rows.map((row) => ({ ...row, health: row.health ?? undefined })) as ToldRun[];
  }

  tell(service: string, { since, health, revision }: ToldRun): void {
    this.#statements.tell.run(service, since, health ?? null, revision);
  }

  watch(): { judgedUntil: number; toldFrom: number } {
    return this.#statements.watch.get() as unknown as { judgedUntil: number; toldFrom: number };
  }

  noteJudged(until: number): void {
    this.#statements.noteJudged.run(until);
  }

  tellFrom(time: number): void {
    this.#statements.tellFrom.run(time);
  }

  set(): SetService[] {
    return this.#statements.set.all().map((row) => {
      const { name, is_retired, work_from: from, work_to: to, reason } = row as unknown as SetRow;
      const work = from === null ? undefined : { from, to, reason };
      return { service: name, isRetired: is_retired === 1, work };
    });
  }

  retire(service: string, isRetired: boolean): void {
    this.#statements.retire.run(service, Number(isRetired));
    this.#statements.deleteUnset.run(service);
  }

  plan(service: string, work: PlannedWork | undefined): void {
    this.#statements.plan.run(service, work?.from ?? null, work?.to ?? null, work?.reason ?? null);
    this.#statements.deleteUnset.run(service);
  }

  /** Deletes what was set for a service. */
  deleteSet(service: string): void {
    this.#statements.deleteSet.run(service);
  }

  /** Deletes all of a service. */
  deleteOf(serviceId: number): void {
    for (const statement of this.#statements.deleteOf) statement.run(serviceId);
  }
}
