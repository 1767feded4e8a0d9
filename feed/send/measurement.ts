// One line of a file becomes one pulse. The functions' rules are checked here, too, so that a bad line is reported with its
// number and does not fail the request with the lines beside it.
import { parse as parseCsv } from "csv-parse/sync";
import type { Fault } from "../../events/fault.ts";
import { MAX_AHEAD_MS, type PulseContext, parsePulse, pulseSchema } from "../../events/pulse.ts";
import { number } from "../../settings/field.ts";
import { formatFault } from "../failure.ts";
import { jsonOrUndefined } from "../json.ts";
import { parseTimestamp, TIMESTAMP_RULE } from "./timestamp.ts";

export const LINE_FORMATS = ["csv", "ndjson"] as const;
export type LineFormat = (typeof LINE_FORMATS)[number];

/** How lines become pulses. */
export interface LineRules {
  format: LineFormat;
  /** The service of lines that name none. */
  service: string | undefined;
  /** The status of lines that name none. */
  status: string | undefined;
  /** Added to every time. */
  shiftMs: number;
  /** The time of lines that name none; absent: pulse-ingest dates them by their arrival. */
  timeOfLine?: (() => number) | undefined;
  /** The id of a line that names none. */
  idOf: (line: number) => string;
  now: () => number;
}

/** A pulse to send. */
export interface Measurement {
  /** Its JSON text. */
  json: string;
  /** Epoch ms, if the line names a time. */
  time: number | undefined;
}

export type LineOutcome =
  | { kind: "pulse"; measurement: Measurement }
  | { kind: "bad"; reason: string }
  | { kind: "blank" };

/** The indexes of a CSV file's columns. */
export interface Columns {
  timestamp: number;
  value: number;
}

/** The columns that a CSV file's first line names; `undefined` without `timestamp` and `value`. */
export function columnsOf(header: string): Columns | undefined {
  const names = cellsOf(header)?.map((name) => name.trim().toLowerCase()) ?? [];
  const columns = { timestamp: names.indexOf("timestamp"), value: names.indexOf("value") };
  return columns.timestamp === -1 || columns.value === -1 ? undefined : columns;
}

/** Reads one line. A CSV line needs the file's columns. */
export function readMeasurement(text: string, line: number, rules: LineRules, columns?: Columns): LineOutcome {
  if (text.trim() === "") return { kind: "blank" };
  const read = rules.format === "csv" ? fieldsOfCsv(text, columns) : fieldsOfJson(text);
  if (typeof read === "string") return { kind: "bad", reason: read };
  const fields: Record<string, unknown> = { ...read };
  if (rules.service !== undefined) fields.service_name ??= rules.service;
  if (rules.status !== undefined) fields.status ??= rules.status;
  fields.id ??= rules.idOf(line);
  if (fields.event_time === undefined && rules.timeOfLine !== undefined) fields.event_time = rules.timeOfLine();
  const faults: Fault[] = [];
  const pulse = parsePulse(pulseSchema, fields, ANY_TIME, "", faults);
  if (pulse === undefined) return { kind: "bad", reason: faults.map(formatFault).join("; ") };
  const time = fields.event_time === undefined ? undefined : pulse.event_time;
  if (time !== undefined) {
    fields.event_time = time + rules.shiftMs;
    if (time + rules.shiftMs > rules.now() + MAX_AHEAD_MS) {
      return { kind: "bad", reason: "/event_time: Expected a time at most 5 minutes ahead" };
    }
  }
  return { kind: "pulse", measurement: { json: JSON.stringify(fields), time } };
}

// Any time passes here: only pulse-ingest knows its retention, and the first pass of --shift-to-now reads times before they
// are shifted.
const ANY_TIME: PulseContext = {
  source: "/pulse",
  id: undefined,
  newId: () => "",
  traceparent: undefined,
  time: undefined,
  arrival: 0,
  now: Number.POSITIVE_INFINITY,
  retentionMs: Number.POSITIVE_INFINITY,
};

function fieldsOfJson(text: string): object | string {
  const value = jsonOrUndefined(text);
  if (value === undefined) return "Expected a pulse as one line of JSON";
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value
    : "Expected a pulse: a JSON object";
}

// The rules of a pulse bound the latency.
const anyNumber = number({ min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY });

function fieldsOfCsv(text: string, columns: Columns | undefined): object | string {
  const cells = cellsOf(text);
  const [timestamp, value] = [cells?.[columns?.timestamp ?? -1]?.trim(), cells?.[columns?.value ?? -1]?.trim()];
  if (timestamp === undefined || value === undefined) return "Expected the columns timestamp and value";
  const time = parseTimestamp(timestamp);
  if (time === undefined) return `Expected ${TIMESTAMP_RULE}, got ${JSON.stringify(timestamp.slice(0, 40))}`;
  const latency = anyNumber.parse(value);
  if (latency === undefined) return `Expected a number as value, got ${JSON.stringify(value.slice(0, 40))}`;
  return { event_time: time, latency_ms: latency };
}

function cellsOf(text: string): string[] | undefined {
  if (!text.includes('"')) return text.split(",");
  try {
    return parseCsv(text)[0];
  } catch {
    return undefined;
  }
}
