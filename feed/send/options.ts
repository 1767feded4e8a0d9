import { statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { integer, number, text, word } from "../../settings/field.ts";
import { reasonOf } from "../../settings/file-reason.ts";
import { dataDir } from "../../settings/local-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { helpOf, option, readOptions, switchOption, UsageError } from "../command-line.ts";
import { targetOf, targetOptions } from "../target.ts";
import { csvOptions, statusList } from "./csv-options.ts";
import { LINE_FORMATS, type LineFormat } from "./measurement.ts";
import { TIMESTAMP_RULE } from "./timestamp.ts";

/** What `npm run send` was asked to do. */
export type SendOptions = NonNullable<ReturnType<typeof readSendOptions>>;

const DEFAULT_RATE = 1000;

const whatOptions = {
  file: option(
    "FILE",
    text("a file's path"),
    `CSV with a header, or NDJSON with one pulse a line; gzip and UTF-16 with a byte order mark are read, too. Its times: ${TIMESTAMP_RULE}. Default: standard input, one pulse a line.`,
  ),
  format: option(
    LINE_FORMATS.join("|"),
    word(LINE_FORMATS),
    "Needed where the file's name does not say it (.csv, .tsv, .ndjson, .jsonl, each also with .gz).",
  ),
  service: option(
    "NAME",
    text("a service's name"),
    "The service of lines that name none. CSV without a column service_name needs it.",
  ),
  status: option(
    "STATUS",
    text("a status"),
    'The status of lines that name none. Default for CSV without a column status: "ok".',
  ),
  statuses: option("LIST", statusList, "Sends some statuses as others:"),
  shiftToNow: switchOption(
    "Adds the same span to every time, so that the last time is now. Reads the file twice. pulse-ingest refuses pulses older than the retention (30 days unless set otherwise).",
  ),
};

const howOptions = {
  ...targetOptions,
  rate: option("N", number({ min: 0.01, max: 10_000_000 }), `Pulses a second. Default: ${DEFAULT_RATE}. It may be:`),
  asFastAsPossible: switchOption("Sends as many pulses as pulse-ingest accepts."),
  batch: option("N", integer({ min: 1, max: 10_000, fallback: 500 }), "The most pulses in a request:"),
  concurrency: option("N", integer({ min: 1, max: 64, fallback: 4 }), "Requests at one time:"),
  strict: switchOption("Stops at the first bad line. Without it bad lines are reported, counted and left out."),
  dryRun: switchOption("Reads and checks everything, sends nothing."),
};

const resumeOptions = {
  final: switchOption("The file is complete: sends its last line even where no line break ends it."),
  restart: switchOption("Sends the file from its first line again."),
};

export const SEND_HELP = `Sends measurements from a file, or from standard input, as pulses.

  npm run send -- --file latency.csv --service checkout --shift-to-now
  npm run send -- --file pulses.ndjson --as-fast-as-possible
  tail -F pulses.ndjson | npm run send

docs/senders.md has more, such as the results of k6, JMeter and Gatling.

What to send
${helpOf(whatOptions)}

CSV
  The first line names the columns: timestamp (or event_time), value (or latency_ms), service_name, status, id and
  metadata.KEY. The first two are needed. A row has as many cells as the first line; a quoted cell ends on its line.
${helpOf(csvOptions)}

How to send it
${helpOf(howOptions)}

Resuming
  Ctrl-C stops the command. The same command continues where it stopped, also after a crash, because it notes in
  .pulsemesh/send/ what pulse-ingest has accepted. It continues with a finished file that has grown, too: a last line
  without a line break waits for the rest of it, unless it is a whole JSON object, or nothing can follow (standard input
  at its end, a gzip file, --final).
${helpOf(resumeOptions)}
  A line that names no id has the id "<file name>:<line>-<hash of its pulse>": sent again, it is stored once. A line that
  was corrected, or whose time is shifted otherwise, is another pulse, and the store keeps both.

Exit code: 0 the whole file was sent, 1 a fault stopped it, 2 the command is wrong, 3 lines of the file were left out, by this
run or an earlier one, 130 Ctrl-C.
`;

/** Reads the command line; `undefined` when it asks for help, or names nothing that could be sent. @throws {UsageError} */
export function readSendOptions(args: readonly string[], env: NodeJS.ProcessEnv, isInputTerminal: boolean) {
  const given = readOptions(args, { ...whatOptions, ...csvOptions, ...howOptions, ...resumeOptions });
  if (given === undefined || (given.file === undefined && isInputTerminal)) return undefined;
  if (given.rate !== undefined && given.asFastAsPossible) {
    throw new UsageError("Expected --rate or --as-fast-as-possible, got both");
  }
  const format = given.format ?? formatOf(given.file);
  const csvOption = (["columns", "where", "separator", "decimal"] as const).find((name) => given[name] !== undefined);
  if (format !== "csv" && csvOption !== undefined) throw new UsageError(`Expected CSV with --${csvOption}, got NDJSON`);
  if (given.shiftToNow && given.file === undefined) {
    throw new UsageError("Expected --file with --shift-to-now, which reads it twice, got standard input");
  }
  return {
    ...given,
    /** Absolute path; absent: standard input. */
    file: given.file === undefined ? undefined : checkFile(given.file),
    format,
    decimal: given.decimal ?? ("." as const),
    target: targetOf(given, env),
    rate: given.asFastAsPossible ? Number.POSITIVE_INFINITY : (given.rate ?? DEFAULT_RATE),
    dataDir: resolve(readSettings({ dataDir }, env).dataDir),
  };
}

const FORMATS: Readonly<Record<string, LineFormat>> = {
  ".csv": "csv",
  ".tsv": "csv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
};

function formatOf(file: string | undefined): LineFormat {
  if (file === undefined) return "ndjson";
  const format = FORMATS[extname(file.replace(/\.gz$/i, "")).toLowerCase()];
  if (format !== undefined) return format;
  throw new UsageError(
    `Expected a name ending in .csv, .tsv, .ndjson or .jsonl, got ${basename(file)}: add --format csv or --format ndjson`,
  );
}

function checkFile(file: string): string {
  try {
    if (statSync(file).isFile()) return resolve(file);
  } catch (error) {
    throw new UsageError(`Expected --file to name a file, got ${file}: ${reasonOf(error)}`);
  }
  throw new UsageError(`Expected --file to name a file, got ${file}: pipe anything else into standard input`);
}
