import { statSync } from "node:fs";
import { idsOf, readFileLines, readHead } from "./line-source.ts";
import type { FilePosition, Line } from "./lines.ts";
import { type Columns, columnsOf, type LineRules, readMeasurement } from "./measurement.ts";
import type { SendOptions } from "./options.ts";
import { readState, type SendState, stateFileOf } from "./state.ts";

/** A file that is about to be sent: from where, shifted by what, and what is known of the runs before. */
export interface FileJob {
  file: string;
  bytes: number;
  stateFile: string;
  /** Where the file stands; a fresh one at the start. */
  state: SendState;
  isResumed: boolean;
  columns: Columns | undefined;
  idOf: (line: number) => string;
}

/** Prepares a file: finds where an earlier run stopped, and how far its times are to be shifted. @throws {Error} with the remedy */
export async function prepareFile(
  options: SendOptions & { file: string },
  { now, signal, log }: { now: () => number; signal: AbortSignal; log: (line: string) => void },
): Promise<FileJob> {
  const { file, format, service, status, target, isShifted, isRestarted, dataDir } = options;
  const { size } = statSync(file);
  const head = await readHead(file);
  const columns = format === "csv" ? columnsOf(head.header) : undefined;
  if (format === "csv" && columns === undefined && size > 0) throw new Error(headerRule(file));
  const stateFile = stateFileOf(dataDir, [file, format, service, status, target.url.href, isShifted]);
  const former = isRestarted ? undefined : readState(stateFile);
  if (former !== undefined && (former.head !== head.hash || former.position.bytes > size)) {
    throw new Error(`${file} is not the file that was begun with: it was changed or cut. Begin anew with --restart.`);
  }
  const state: SendState = former ?? {
    version: 1,
    file,
    head: head.hash,
    position: { line: 0, bytes: 0 },
    accepted: 0,
    refused: 0,
    shiftMs: 0,
    isFinished: false,
  };
  if (former === undefined && isShifted) {
    log("Looking for the last time in the file …");
    const rules: LineRules = {
      format,
      service,
      status,
      shiftMs: 0,
      idOf: () => "0",
      now: () => Number.POSITIVE_INFINITY,
    };
    const last = await lastTimeIn(readFileLines(file, state.position, signal), rules, columns);
    if (last !== undefined) state.shiftMs = now() - last;
  }
  return {
    file,
    bytes: size,
    stateFile,
    state,
    isResumed: former !== undefined,
    columns,
    idOf: idsOf(file, head, state.shiftMs),
  };
}

/** What a CSV file has to begin with. */
export function headerRule(name: string): string {
  return `${name}: Expected the first line to be a header that names the columns timestamp and value, got none: add "timestamp,value" as its first line.`;
}

/** True for the line that names a CSV file's columns. */
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
    for (const line of lines) {
      if (line.text === undefined || isHeader(line.end, rules.format)) continue;
      const outcome = readMeasurement(line.text, line.number, rules, columns);
      if (outcome.kind !== "pulse" || outcome.measurement.time === undefined) continue;
      if (last === undefined || outcome.measurement.time > last) last = outcome.measurement.time;
    }
  }
  return last;
}
