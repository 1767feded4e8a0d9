import type { types } from "cassandra-driver";
import type { CloudEvent, EventData } from "../../events/cloud-event.ts";
import type { DeadLetter } from "../ports.ts";
import { dataOfStoredJson } from "../stored-json.ts";

/** Every statement on dead letters of a keyspace. */
export function deadLetterStatements(keyspace: string) {
  const byId = `${keyspace}.dead_letters_by_id`;
  const byDay = `${keyspace}.dead_letters_by_day`;
  const days = `${keyspace}.dead_letter_days`;
  const columns = "put_id, time, reason, facts, event, data_kind, data";
  return {
    put: `INSERT INTO ${byId} (id, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?`,
    get: `SELECT id, ${columns}, replayed_at, replayed_put_id FROM ${byId} WHERE id = ?`,
    head: `SELECT put_id, time, replayed_put_id FROM ${byId} WHERE id = ?`,
    noteReplay: `UPDATE ${byId} USING TTL ? SET replayed_at = ?, replayed_put_id = ? WHERE id = ?`,
    enter: `INSERT INTO ${byDay} (day, time, id, reason) VALUES (?, ?, ?, ?) USING TTL ?`,
    strike: `DELETE FROM ${byDay} WHERE day = ? AND time = ? AND id = ?`,
    entries: `SELECT time, id, reason FROM ${byDay} WHERE day = ? AND time >= ? AND time < ?`,
    entriesOfTime: `SELECT time, id, reason FROM ${byDay} WHERE day = ? AND time = ? AND id > ?`,
    noteDay: `INSERT INTO ${days} (list, day) VALUES ('all', ?) USING TTL ?`,
    listDays: `SELECT day FROM ${days} WHERE list = 'all' AND day >= ? AND day <= ?`,
  };
}
export type DeadLetterStatements = ReturnType<typeof deadLetterStatements>;

/** The values of `put` except its TTL. Every column has one, so that nothing stays of the dead letter before. */
export function valuesOf(deadLetter: DeadLetter, putId: string): unknown[] {
  const { id, time, reason, destination, code, detail, correction } = deadLetter;
  const { data, ...attributes } = deadLetter.event;
  const facts = JSON.stringify({ destination, code, detail, correction });
  return [id, putId, time, reason, facts, JSON.stringify(attributes), data.kind, bytesOfData(data)];
}

/** The dead letter of a row; `undefined` for what is left of one that has expired. */
export function deadLetterOf(row: types.Row | undefined): DeadLetter | undefined {
  if (row === undefined || row.event === null) return undefined;
  const facts = JSON.parse(row.facts) as Partial<Pick<DeadLetter, "destination" | "code" | "detail" | "correction">>;
  const deadLetter: DeadLetter = {
    id: row.id,
    event: { ...(JSON.parse(row.event) as Omit<CloudEvent, "data">), data: dataOf(row.data_kind, row.data) },
    reason: row.reason,
    destination: facts.destination,
    code: facts.code,
    detail: facts.detail,
    time: (row.time as Date).getTime(),
    ...(facts.correction !== undefined && { correction: facts.correction }),
  };
  // A replay belongs to one `put`: a dead letter that came back has not been replayed.
  if (row.replayed_at !== null && row.replayed_put_id === row.put_id) {
    deadLetter.replayedAt = (row.replayed_at as Date).getTime();
  }
  return deadLetter;
}

function bytesOfData(data: EventData): Buffer {
  if (data.kind === "bytes") return data.bytes;
  return data.kind === "json" ? Buffer.from(JSON.stringify(data.value)) : Buffer.alloc(0);
}

function dataOf(kind: string, data: Buffer | null): EventData {
  // The driver reads an empty blob as null.
  const bytes = data ?? Buffer.alloc(0);
  if (kind === "bytes") return { kind, bytes };
  return kind === "json" ? dataOfStoredJson(bytes) : { kind: "none" };
}
