import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { CloudEvent, EventData } from "../../events/cloud-event.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import type { DeadLetterCursor } from "../cursor.ts";
import type { DeadLetter, DeadLetterFilter } from "../ports.ts";
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

const PUT = `INSERT INTO dead_letters (id, time, reason, destination, code, detail, event, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET time = excluded.time, reason = excluded.reason, replayed_at = NULL,
  destination = excluded.destination, code = excluded.code, detail = excluded.detail, event = excluded.event, data = excluded.data`;
const MARK_REPLAYED = "UPDATE dead_letters SET replayed_at = ?1 WHERE id = ?2 AND time <= ?1";
const SELECT = "SELECT id, time, reason, replayed_at, destination, code, detail, event, data FROM dead_letters WHERE";
const IN_SPAN =
  "time >= ?1 AND time <= ?2 AND (time < ?2 OR id > ?3) AND (?4 IS NULL OR (replayed_at IS NOT NULL) = ?4)";
const ORDER = "ORDER BY time DESC, id LIMIT ?5";
const DELETE_EXPIRED = `DELETE FROM dead_letters WHERE letter IN
  (SELECT letter FROM dead_letters WHERE time < ? ORDER BY time LIMIT ?)`;

/** A write to the table: a dead letter that came, or a note that one was replayed. */
export type DeadLetterWork = { kind: "put"; letter: DeadLetter } | { kind: "replayed"; id: string; time: number };

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
  readonly #put: StatementSync;
  readonly #markReplayed: StatementSync;
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #listOfReason: StatementSync;
  readonly #deleteExpired: StatementSync;

  constructor(database: DatabaseSync) {
    this.#put = database.prepare(PUT);
    this.#markReplayed = database.prepare(MARK_REPLAYED);
    this.#get = database.prepare(`${SELECT} id = ? AND time >= ?`);
    this.#list = database.prepare(`${SELECT} ${IN_SPAN} ${ORDER}`);
    this.#listOfReason = database.prepare(`${SELECT} reason = ?6 AND ${IN_SPAN} ${ORDER}`);
    this.#deleteExpired = database.prepare(DELETE_EXPIRED);
  }

  apply(work: DeadLetterWork): void {
    if (work.kind === "put") this.#put.run(...valuesOf(work.letter));
    else this.#markReplayed.run(work.time, work.id);
  }

  deleteBefore(horizon: number, maxRows: number): boolean {
    return Number(this.#deleteExpired.run(horizon, maxRows).changes) === maxRows;
  }

  /** The dead letter with an id, unless it is older than the horizon. */
  get(id: string, horizon: number): DeadLetter | undefined {
    const row = this.#get.get(id, horizon);
    return row === undefined ? undefined : deadLetterOf(row as unknown as Row);
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
    const rows = reason === undefined ? this.#list.all(...bounds) : this.#listOfReason.all(...bounds, reason);
    return rows.map((row) => deadLetterOf(row as unknown as Row));
  }
}

function valuesOf({ id, time, reason, destination, code, detail, event }: DeadLetter): SQLInputValue[] {
  const { data, ...attributes } = event;
  const facts = [destination ?? null, code ?? null, detail ?? null];
  return [id, time, reason, ...facts, JSON.stringify(attributes), columnOf(data)];
}

function deadLetterOf(row: Row): DeadLetter {
  const letter: DeadLetter = {
    id: row.id,
    event: { ...(JSON.parse(row.event) as Omit<CloudEvent, "data">), data: dataOf(row.data) },
    reason: row.reason,
    destination: row.destination ?? undefined,
    code: row.code ?? undefined,
    detail: row.detail ?? undefined,
    time: row.time,
  };
  if (row.replayed_at !== null) letter.replayedAt = row.replayed_at;
  return letter;
}

// The value's type in the column tells what it is: bytes are a BLOB, JSON is TEXT, no data is NULL.
function columnOf(data: EventData): SQLInputValue {
  if (data.kind === "bytes") return data.bytes;
  return data.kind === "json" ? JSON.stringify(data.value) : null;
}

function dataOf(column: Uint8Array | string | null): EventData {
  if (column === null) return { kind: "none" };
  if (typeof column === "string") return { kind: "json", value: JSON.parse(column) };
  return { kind: "bytes", bytes: Buffer.from(column.buffer, column.byteOffset, column.byteLength) };
}
