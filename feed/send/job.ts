import type { Readable } from "node:stream";
import { UsageError } from "../command-line.ts";
import type { CsvLayout } from "./csv.ts";
import { leftOutBy, readHeader } from "./csv-header.ts";
import { noticeOfOtherOptions, noticeOfRestart, positionAfter } from "./earlier-runs.ts";
import { idsOf, openInput, readFileLines, readFirstLine, readStreamLines } from "./line-source.ts";
import { BEGINNING, type FilePosition, type Line } from "./lines.ts";
import type { LineRules } from "./measurement.ts";
import type { SendOptions } from "./options.ts";
import { shiftOf } from "./shift.ts";
import { acceptedOtherwise, readState, type SendState, stateFileOf } from "./state.ts";

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
  /** Whether earlier runs read all that it holds. */
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
  const { format, target, shiftToNow } = options;
  const url = target.url.href;
  const file = openInput(path, format, options.final);
  const first = await readFirstLine(file, io.signal);
  const readLayout = layoutReader(path, options, io.log);
  const layout = format === "csv" && first !== undefined ? readLayout(first) : undefined;
  const stateFile = stateFileOf(options.dataDir, [path, url, ...wayOf(options)]);
  const former = options.dryRun ? undefined : readState(stateFile, options.restart);
  const isResumed = former !== undefined && !options.restart;
  const start = isResumed ? await positionAfter(former, file, io.signal) : BEGINNING;
  const state: SendState = {
    ...(isResumed ? former : { version: 3, accepted: 0, refused: 0, isFinished: false }),
    file: path,
    url,
    position: start,
    size: file.size,
  };
  const rules = rulesOf(options);
  const read = () => readFileLines(file, start, io.signal);
  if (shiftToNow && state.shiftMs === undefined) state.shiftMs = await shiftOf(path, read(), rules, layout, io);
  if (former !== undefined && !isResumed && former.accepted > 0) {
    io.log(await noticeOfRestart(former, state.shiftMs ?? 0, file, io.signal));
  }
  const otherwise = former === undefined && !options.dryRun ? acceptedOtherwise(stateFile, state) : 0;
  if (otherwise > 0) io.log(noticeOfOtherOptions(otherwise, path));
  return {
    name: path,
    start,
    read,
    rules: { ...rules, shiftMs: state.shiftMs ?? 0, idOf: idsOf(file) },
    layout,
    readLayout,
    file: {
      bytes: file.encoding === "utf-8" ? file.size : undefined,
      stateFile,
      state,
      isResumed,
      isSentBefore: isResumed && former.isFinished && former.size === file.size,
    },
  };
}

/** The options that say what pulse a line becomes. */
function wayOf(options: SendOptions): unknown[] {
  const { format, service, status, statuses, columns, where, separator, decimal, shiftToNow } = options;
  return [format, service, status, [...(statuses ?? [])], [...(columns ?? [])], where, separator, decimal, shiftToNow];
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
