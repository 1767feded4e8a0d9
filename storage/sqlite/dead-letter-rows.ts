import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { CloudEvent, EventData } from "../../events/cloud-event.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import type { DeadLetterCursor } from "../cursor.ts";
import type { DeadLetter, DeadLetterFilter, WaitingCount } from "../ports.ts";
import { dataOfStoredJson } from "../stored-json.ts";
import type { SqliteSchema } from "./database.ts";
import type { StoreTables } from "./group-commit.ts";

// The large columns come last: what filters and orders is read without them.
export const deadLetterSchema: SqliteSchema = {
  version: 1,
  sql: `
    CREATE TABLE dead_letters (
      letter INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, reason TEXT NOT NULL,
      replayed_at INTEGER, destination TEXT, code INTEGER, detail TEXT, event TEXT NOT NULL, data ANY
    ) STRICT;
    CREATE INDEX dead_letters_by_time ON dead_letters (time, id);
    CREATE INDEX dead_letters_by_reason ON dead_letters (reason, time, id)`,
};

function prepareStatements(database: DatabaseSync) {
  const select = "SELECT id, time, reason, replayed_at, destination, code, detail, event, data FROM dead_letters WHERE";
  const inSpan =
    "time >= ?1 AND time <= ?2 AND (time < ?2 OR id > ?3) AND (?4 IS NULL OR (replayed_at IS NOT NULL) = ?4)";
  const order = "ORDER BY time DESC, id LIMIT ?5";
  return {
    put: database.prepare(`
      INSERT INTO dead_letters (id, time, reason, destination, code, detail, event, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET time = excluded.time, reason = excluded.reason, replayed_at = NULL,
        destination = excluded.destination, code = excluded.code, detail = excluded.detail, event = excluded.event,
        data = excluded.data`),
    markReplayed: database.prepare("UPDATE dead_letters SET replayed_at = ?1 WHERE id = ?2 AND time <= ?1"),
    get: database.prepare(`${select} id = ? AND time >= ?`),
    list: database.prepare(`${select} ${inSpan} ${order}`),
    listOfReason: database.prepare(`${select} reason = ?6 AND ${inSpan} ${order}`),
    newest: database.prepare("SELECT replayed_at FROM dead_letters WHERE time >= ? ORDER BY time DESC, id LIMIT ?"),
    deleteExpired: database.prepare(`
      DELETE FROM dead_letters WHERE letter IN
        (SELECT letter FROM dead_letters WHERE time < ? ORDER BY time LIMIT ?)`),
  };
}

/** A write to the table: a dead letter that came, or a note that one was replayed. */
export type DeadLetterWork = { kind: "put"; deadLetter: DeadLetter } | { kind: "replayed"; id: string; time: number };

interface Row {
  id: string;
  time: number;
  reason: string;
  replayed_at: number | null;
  destination: string | null;
  code: number | null;
  detail: string | null;
  event: string;
  data: Uint8Array | string | null;
}

/** The table of dead letters and its statements. */
export class DeadLetterRows implements StoreTables<DeadLetterWork> {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
  }

  apply(work: DeadLetterWork): void {
    if (work.kind === "put") this.#statements.put.run(...valuesOf(work.deadLetter));
    else this.#statements.markReplayed.run(work.time, work.id);
  }

  deleteBefore(horizon: number, maxRows: number): boolean {
    return Number(this.#statements.deleteExpired.run(horizon, maxRows).changes) === maxRows;
  }

  /** The dead letter with an id, unless it is older than the horizon. */
  get(id: string, horizon: number): DeadLetter | undefined {
    const row = this.#statements.get.get(id, horizon);
    return row === undefined ? undefined : deadLetterOf(row as unknown as Row);
  }

  /** How many of the newest `limit` dead letters were not replayed, and whether there are more than those. */
  countWaiting(horizon: number, limit: number): WaitingCount {
    const newest = this.#statements.newest.all(horizon, limit + 1);
    const waiting = newest.slice(0, limit).filter((row) => row.replayed_at === null).length;
    return { waiting, isCut: newest.length > limit };
  }

  /** The dead letters after a cursor that pass a filter and are not older than the horizon, newest first. */
  list(
    { span, reason, isReplayed }: DeadLetterFilter,
    horizon: number,
    limit: number,
    after: DeadLetterCursor | undefined,
  ): DeadLetter[] {
    const from = Math.max(span?.from ?? 0, horizon);
    // Times are whole: "before `to`" is "up to the whole number below it". No id is empty: "" comes before all.
    const last = Math.ceil(span?.to ?? END_OF_TIME_MS) - 1;
    // A cursor may come with another span than the one it was made for.
    const [time, id] = after !== undefined && after[0] <= last ? after : [last, ""];
    const bounds = [from, time, id, isReplayed === undefined ? null : Number(isReplayed), limit];
    const { list, listOfReason } = this.#statements;
    const rows = reason === undefined ? list.all(...bounds) : listOfReason.all(...bounds, reason);
    return rows.map((row) => deadLetterOf(row as unknown as Row));
  }
}

function valuesOf({ id, time, reason, destination, code, detail, event, correction }: DeadLetter): SQLInputValue[] {
  const { data, ...attributes } = event;
  const facts = [destination ?? null, code ?? null, detail ?? null];
  return [id, time, reason, ...facts, JSON.stringify({ ...attributes, correction }), columnOf(data)];
}

function deadLetterOf(row: Row): DeadLetter {
  const { correction, ...attributes } = JSON.parse(row.event) as Omit<CloudEvent, "data"> & { correction?: string };
  const deadLetter: DeadLetter = {
    id: row.id,
    event: { ...attributes, data: dataOf(row.data) },
    reason: row.reason,
    destination: row.destination ?? undefined,
    code: row.code ?? undefined,
    detail: row.detail ?? undefined,
    time: row.time,
  };
  if (row.replayed_at !== null) deadLetter.replayedAt = row.replayed_at;
  if (correction !== undefined) deadLetter.correction = correction;
  return deadLetter;
}

// The value's type in the column tells what it is: bytes are a BLOB, JSON is TEXT, no data is NULL.
function columnOf(data: EventData): SQLInputValue {
  if (data.kind === "bytes") return data.bytes;
  return data.kind === "json" ? JSON.stringify(data.value) : null;
}

function dataOf(column: Uint8Array | string | null): EventData {
  if (column === null) return { kind: "none" };
  if (typeof column === "string") return dataOfStoredJson(Buffer.from(column));
  return { kind: "bytes", bytes: Buffer.from(column.buffer, column.byteOffset, column.byteLength) };
}
