import type { Readable } from "node:stream";
import { UsageError } from "../command-line.ts";
import type { CsvLayout } from "./csv.ts";
import { leftOutBy, readHeader } from "./csv-header.ts";
import {
  BEGINNING,
  hashOf,
  type InputFile,
  idsOf,
  openInput,
  readFileLines,
  readHead,
  readStreamLines,
  textOf,
} from "./line-source.ts";
import type { FilePosition, Line } from "./lines.ts";
import type { LineRules } from "./measurement.ts";
import type { SendOptions } from "./options.ts";
import { shiftOf } from "./shift.ts";
import { readState, type SendState, stateFileOf } from "./state.ts";

/** What is sent, and from where on. */
export interface Job {
  /** As messages call it. */
  name: string;
  start: FilePosition;
  /** The lines from there on. */
  read: () => AsyncIterable<Line[]>;
  rules: LineRules;
  /** Absent: not CSV, or the first line is yet to come. */
  layout: CsvLayout | undefined;
  /** Reads the first line of CSV. @throws {Error} that says what is wrong with it */
  readLayout: (first: Line) => CsvLayout;
  /** Absent for standard input. */
  file?: FileProgress;
}

/** A file, and how far earlier runs got with it. */
export interface FileProgress {
  /** How many bytes there are to read; absent: nobody knows before they are unpacked. */
  bytes: number | undefined;
  stateFile: string;
  state: SendState;
  isResumed: boolean;
  /** Whether an earlier run sent all that it holds. */
  isSentBefore: boolean;
}

export interface JobIo {
  now: () => number;
  signal: AbortSignal;
  /** Shows a line to the user. */
  log: (line: string) => void;
}

/** Standard input as it comes. Nothing tells one input from another, so a second run sends other pulses. */
export function prepareInput(options: SendOptions, input: Readable, { signal, log }: JobIo): Job {
  const name = "standard input";
  const prefix = `stdin-${crypto.randomUUID()}`;
  const rules = { ...rulesOf(options), timeOfLine: Date.now, idOf: (line: number) => `${prefix}:${line}` };
  const read = () => readStreamLines(name, input, signal);
  return { name, start: BEGINNING, read, rules, layout: undefined, readLayout: layoutReader(name, options, log) };
}

/** A file: finds where an earlier run stopped, and by how much to shift its times. @throws {Error} with the remedy */
export async function prepareFile(
  path: string,
  options: SendOptions,
  io: JobIo,
): Promise<Job & { file: FileProgress }> {
  const { format, service, status, statuses, columns, where, target, shiftToNow } = options;
  const file = openInput(path, format, options.final);
  const head = await readHead(file, io.signal);
  const readLayout = layoutReader(path, options, io.log);
  const layout = format === "csv" && head.first !== undefined ? readLayout(head.first) : undefined;
  const content = [service, status, [...(statuses ?? [])], [...(columns ?? [])], where];
  const stateFile = stateFileOf(options.dataDir, [path, format, content, target.url.href, shiftToNow]);
  const former = options.restart ? undefined : readState(stateFile);
  const start = former === undefined ? BEGINNING : await positionAfter(former, file, io.signal);
  if (former?.head !== undefined && former.head !== head.hash)
    throw changedError(path, "its first lines read otherwise");
  const state: SendState = {
    ...(former ?? { version: 2, file: path, position: start, accepted: 0, refused: 0, isFinished: false }),
    head: head.isOpen ? former?.head : head.hash,
    size: file.size,
  };
  const rules = rulesOf(options);
  const read = () => readFileLines(file, start, io.signal);
  if (shiftToNow && state.shiftMs === undefined) state.shiftMs = await shiftOf(path, read(), rules, layout, io);
  const { shiftMs = 0 } = state;
  return {
    name: path,
    start,
    read,
    rules: { ...rules, shiftMs, idOf: idsOf(file, head, shiftMs) },
    layout,
    readLayout,
    file: {
      bytes: file.encoding === "utf-8" ? file.size : undefined,
      stateFile,
      state,
      isResumed: former !== undefined,
      isSentBefore: former?.isFinished === true && former.size === file.size,
    },
  };
}

/** The end of the line that was read last, if it still reads as it did. Its line break may have come since. */
async function positionAfter(
  { last, position }: SendState,
  file: InputFile,
  signal: AbortSignal,
): Promise<FilePosition> {
  if (last === undefined) return position;
  for await (const [line] of readFileLines(file, { ...last, line: position.line - 1 }, signal)) {
    if (line !== undefined && hashOf(textOf(line)) === last.hash) return line.end;
    break;
  }
  if (signal.aborted) return position;
  throw changedError(file.path, `line ${position.line} reads otherwise`);
}

function changedError(path: string, how: string): Error {
  return new Error(
    `${path} is not the file that an earlier run began: it was changed or cut, for ${how} now. Use --restart to begin again.`,
  );
}

function rulesOf({ format, service, status, statuses }: SendOptions): LineRules {
  return { format, service, status, statuses: statuses ?? new Map(), shiftMs: 0, idOf: String, now: Date.now };
}

function layoutReader(name: string, options: SendOptions, log: JobIo["log"]): Job["readLayout"] {
  return (first) => {
    if (first.text === undefined) throw new Error(`${name}, line 1: ${first.fault}`);
    let layout: CsvLayout;
    try {
      layout = readHeader(first.text, options);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
    if (options.service === undefined && !layout.fields.has("service_name")) {
      throw new UsageError(`Expected --service NAME with CSV that has no column service_name, got none for ${name}`);
    }
    const leftOut = leftOutBy(layout);
    if (leftOut.length > 0) log(`${name}: --columns leaves out ${leftOut.join(", ")}.`);
    return layout;
  };
}
