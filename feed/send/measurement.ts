// One line of a file becomes one pulse. The functions' rules are checked here, too, so that a bad line is reported with its
// number and does not fail the request with the lines beside it.
import type { Fault } from "../../events/fault.ts";
import { type PulseContext, parsePulse, pulseSchema } from "../../events/pulse.ts";
import { MAX_AHEAD_MS } from "../../events/pulse-time.ts";
import { quote } from "../../settings/field.ts";
import { formatFault } from "../failure.ts";
import { jsonOrUndefined } from "../json.ts";
import { type CsvLayout, readRow } from "./csv.ts";
import type { Line } from "./lines.ts";
import { parseTimestamp, TIMESTAMP_RULE } from "./timestamp.ts";

export const LINE_FORMATS = ["csv", "ndjson"] as const;
export type LineFormat = (typeof LINE_FORMATS)[number];

/** How lines become pulses. */
export interface LineRules {
  format: LineFormat;
  /** The service of lines that name none. */
  service: string | undefined;
  /** The status of lines that name none. Absent: "ok" for CSV without a column for it. */
  status: string | undefined;
  /** What to send instead of some statuses. */
  statuses: ReadonlyMap<string, string>;
  /** Added to every time. */
  shiftMs: number;
  /** The time of lines that name none; absent: pulse-ingest dates them by their arrival. */
  timeOfLine?: (() => number) | undefined;
  /** The id of a line that names none. `pulse` is the JSON text of what it becomes, without the id. */
  idOf: (line: number, pulse: string) => string;
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

/** Whether the line names the columns of a CSV file. */
export function isHeader({ number }: Line, { format }: LineRules): boolean {
  return format === "csv" && number === 1;
}

/** Reads one line. A CSV line needs the file's layout. */
export function readMeasurement(text: string, line: number, rules: LineRules, layout?: CsvLayout): LineOutcome {
  if (text.trim() === "") return { kind: "blank" };
  const read = layout === undefined ? fieldsOfJson(text) : readRow(text, layout);
  if (read === undefined) return { kind: "blank" };
  if (typeof read === "string") return { kind: "bad", reason: read };
  const fields = completed(read, rules, layout);
  const given = fields.event_time;
  if (typeof given === "string" || (typeof given === "number" && given >= 0)) {
    fields.event_time = parseTimestamp(String(given));
    if (fields.event_time === undefined) {
      return { kind: "bad", reason: `Expected ${TIMESTAMP_RULE}, got ${quote(String(given))}` };
    }
  }
  const faults: Fault[] = [];
  const pulse = parsePulse(pulseSchema, fields, ANY_TIME, "", faults);
  if (pulse === undefined) return { kind: "bad", reason: faults.map(formatFault).join("; ") };
  const time = fields.event_time === undefined ? undefined : pulse.event_time;
  if (time !== undefined) {
    fields.event_time = time + rules.shiftMs;
    if (time + rules.shiftMs > rules.now() + MAX_AHEAD_MS) {
      const iso = new Date(time).toISOString();
      return { kind: "bad", reason: `/event_time: Expected a time at most 5 minutes ahead, got ${iso}` };
    }
  }
  const json = JSON.stringify(fields);
  if (typeof fields.id === "string") return { kind: "pulse", measurement: { json, time } };
  const id = JSON.stringify(rules.idOf(line, json));
  return { kind: "pulse", measurement: { json: `{"id":${id},${json.slice(1)}`, time } };
}

/** The fields with what the line leaves out. A field that is null is left out. */
function completed(read: object, rules: LineRules, layout?: CsvLayout): Record<string, unknown> {
  const { service, status, statuses, timeOfLine } = rules;
  const fields: Record<string, unknown> = { ...read };
  fields.service_name ??= service;
  fields.status ??= status ?? (layout === undefined || layout.fields.has("status") ? undefined : "ok");
  if (typeof fields.status === "string") fields.status = statuses.get(fields.status) ?? fields.status;
  fields.id ??= undefined;
  fields.event_time ??= timeOfLine?.();
  fields.metadata ??= undefined;
  return fields;
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
