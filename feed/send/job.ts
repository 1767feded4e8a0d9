import { statSync } from "node:fs";
import type { Readable } from "node:stream";
import { idsOf, readFileLines, readHead, readUntil } from "./line-source.ts";
import type { FilePosition, Line } from "./lines.ts";
import { type Columns, columnsOf, type LineRules, readMeasurement } from "./measurement.ts";
import type { SendOptions } from "./options.ts";
import { readState, type SendState, stateFileOf } from "./state.ts";

/** What is sent, and from where on. */
export interface Job {
  /** As messages call it. */
  name: string;
  start: FilePosition;
  /** The lines from there on. */
  read: () => AsyncIterable<Line[]>;
  rules: LineRules;
  columns: Columns | undefined;
  /** Absent for standard input. */
  file?: FileProgress;
}

/** A file, and how far earlier runs got with it. */
export interface FileProgress {
  bytes: number;
  stateFile: string;
  state: SendState;
  isResumed: boolean;
}

/** Standard input as it comes. Nothing tells one input from another, so a second run sends other pulses. */
export function prepareInput(options: SendOptions, input: Readable, signal: AbortSignal): Job {
  const start = { line: 0, bytes: 0 };
  const prefix = `stdin-${crypto.randomUUID()}`;
  const rules = { ...rulesOf(options), timeOfLine: Date.now, idOf: (line: number) => `${prefix}:${line}` };
  return { name: "standard input", start, read: () => readUntil(input, start, signal), rules, columns: undefined };
}

/** A file: finds where an earlier run stopped, and by how much to shift its times. @throws {Error} with the remedy */
export async function prepareFile(
  file: string,
  options: SendOptions,
  { now, signal, log }: { now: () => number; signal: AbortSignal; log: (line: string) => void },
): Promise<Job & { file: FileProgress }> {
  const { format, service, status, target, shiftToNow, restart, dataDir } = options;
  const bytes = statSync(file).size;
  const head = await readHead(file);
  const columns = format === "csv" ? columnsOf(head.header) : undefined;
  if (format === "csv" && columns === undefined && bytes > 0) throw new Error(headerRule(file));
  const stateFile = stateFileOf(dataDir, [file, format, service, status, target.url.href, shiftToNow]);
  const former = restart ? undefined : readState(stateFile);
  if (former !== undefined && (former.head !== head.hash || former.position.bytes > bytes)) {
    throw new Error(
      `${file} is not the file that an earlier run began: it was changed or cut. Use --restart to begin again.`,
    );
  }
  const start = former?.position ?? { line: 0, bytes: 0 };
  const state: SendState = former ?? {
    version: 1,
    file,
    head: head.hash,
    position: start,
    accepted: 0,
    refused: 0,
    shiftMs: 0,
    isFinished: false,
  };
  const rules = rulesOf(options);
  const read = () => readFileLines(file, start, signal);
  if (former === undefined && shiftToNow) {
    log("Looking for the last time in the file …");
    const last = await lastTimeIn(read(), { ...rules, now: () => Number.POSITIVE_INFINITY }, columns);
    if (last !== undefined) state.shiftMs = now() - last;
  }
  return {
    name: file,
    start,
    read,
    rules: { ...rules, shiftMs: state.shiftMs, idOf: idsOf(file, head, state.shiftMs) },
    columns,
    file: { bytes, stateFile, state, isResumed: former !== undefined },
  };
}

function rulesOf({ format, service, status }: SendOptions): LineRules {
  return { format, service, status, shiftMs: 0, idOf: String, now: Date.now };
}

/** The message for CSV without a header. */
export function headerRule(name: string): string {
  return `${name}: Expected the first line to be a header that names the columns timestamp and value, got none: add "timestamp,value" as its first line.`;
}

/** Whether the line that ends there names the columns of a CSV file. */
export function isHeader(position: FilePosition, format: SendOptions["format"]): boolean {
  return format === "csv" && position.line === 1;
}

async function lastTimeIn(
  source: AsyncIterable<Line[]>,
  rules: LineRules,
  columns: Columns | undefined,
): Promise<number | undefined> {
  let last: number | undefined;
  for await (const lines of source) {
    for (const { text, number, end } of lines) {
      if (text === undefined || isHeader(end, rules.format)) continue;
      const outcome = readMeasurement(text, number, rules, columns);
      const time = outcome.kind === "pulse" ? outcome.measurement.time : undefined;
      if (time !== undefined && (last === undefined || time > last)) last = time;
    }
  }
  return last;
}
