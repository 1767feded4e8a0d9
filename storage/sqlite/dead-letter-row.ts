import type { SQLInputValue } from "node:sqlite";
import type { CloudEvent, EventData } from "../../events/cloud-event.ts";
import type { DeadLetter } from "../ports.ts";

/** A letter as SQLite gives it back. */
export interface LetterRow {
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

/** The values for the columns id, time, reason, destination, code, detail, event, data. */
export function rowOf(letter: DeadLetter): SQLInputValue[] {
  const { data, ...attributes } = letter.event;
  return [
    letter.id,
    letter.time,
    letter.reason,
    letter.destination ?? null,
    letter.code ?? null,
    letter.detail ?? null,
    JSON.stringify(attributes),
    columnOf(data),
  ];
}

/** The letter that was put. */
export function letterOf(row: LetterRow): DeadLetter {
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

// The column's own type says what it is: bytes a BLOB, JSON a TEXT, no data NULL.
function columnOf(data: EventData): SQLInputValue {
  if (data.kind === "bytes") return data.bytes;
  return data.kind === "json" ? JSON.stringify(data.value) : null;
}

function dataOf(column: Uint8Array | string | null): EventData {
  if (column === null) return { kind: "none" };
  if (typeof column === "string") return { kind: "json", value: JSON.parse(column) };
  return { kind: "bytes", bytes: Buffer.from(column.buffer, column.byteOffset, column.byteLength) };
}
