import { statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { integer, number, text, word } from "../../settings/field.ts";
import { localSettings } from "../../settings/local-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { helpOf, option, readOptions, switchOption, UsageError } from "../command-line.ts";
import { reasonOf, targetOf, targetOptions } from "../target.ts";
import { LINE_FORMATS, type LineFormat } from "./measurement.ts";

/** What `npm run send` was asked to do. */
export type SendOptions = NonNullable<ReturnType<typeof readSendOptions>>;

const DEFAULT_RATE = 1000;

const whatOptions = {
  file: option(
    "FILE",
    text("a file's path"),
    "CSV with a header that names the columns timestamp and value (ms), or NDJSON with one pulse a line. A timestamp is YYYY-MM-DD HH:MM:SS (UTC), RFC 3339, or epoch seconds or ms. A CSV line is one measurement. Default: standard input, one pulse a line.",
  ),
  format: option(
    LINE_FORMATS.join("|"),
    word(LINE_FORMATS),
    "Needed where the file's name does not say it (.csv, .ndjson, .jsonl).",
  ),
  service: option("NAME", text("a service's name"), "The service. A line of NDJSON may name another. CSV needs it."),
  status: option("STATUS", text("a status"), 'The status of lines that name none. Default for CSV: "ok".'),
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

const restartOptions = { restart: switchOption("Sends the file from its first line again.") };

export const SEND_HELP = `Sends measurements from a file, or from standard input, as pulses.

  npm run send -- --file latency.csv --service checkout --shift-to-now
  npm run send -- --file pulses.ndjson --as-fast-as-possible
  tail -f pulses.ndjson | npm run send

What to send
${helpOf(whatOptions)}

How to send it
${helpOf(howOptions)}

Resuming
  Ctrl-C stops the command. The same command continues where it stopped, also after a crash, because it notes in
  .pulsemesh/send/ what pulse-ingest has accepted. It continues with a finished file that has grown, too.
${helpOf(restartOptions)}
  Each line has the identity "<file name>-<hash of its first lines>:<line>" unless it names an id, so that a line that is
  sent again is stored once. With --shift-to-now the shift is part of the identity.

Exit code: 0 everything was sent, 1 a fault stopped it, 2 the command is wrong, 3 bad lines were left out, 130 Ctrl-C.
`;

/** Reads the command line; `undefined` when it asks for help, or names nothing that could be sent. @throws {UsageError} */
export function readSendOptions(args: readonly string[], env: NodeJS.ProcessEnv, isInputTerminal: boolean) {
  const given = readOptions(args, { ...whatOptions, ...howOptions, ...restartOptions });
  if (given === undefined || (given.file === undefined && isInputTerminal)) return undefined;
  const { dataDir, ingestPort } = readSettings(localSettings, env);
  if (given.rate !== undefined && given.asFastAsPossible) {
    throw new UsageError("Expected --rate or --as-fast-as-possible, got both");
  }
  const format = given.format ?? formatOf(given.file);
  if (format === "csv" && given.service === undefined) {
    throw new UsageError("Expected --service NAME with CSV, which names no service, got none");
  }
  if (given.shiftToNow && given.file === undefined) {
    throw new UsageError("Expected --file with --shift-to-now, which reads it twice, got standard input");
  }
  return {
    ...given,
    /** Absolute path; absent: standard input. */
    file: given.file === undefined ? undefined : checkFile(given.file),
    format,
    status: given.status ?? (format === "csv" ? "ok" : undefined),
    target: targetOf(given, ingestPort),
    rate: given.asFastAsPossible ? Number.POSITIVE_INFINITY : (given.rate ?? DEFAULT_RATE),
    dataDir: resolve(dataDir),
  };
}

const FORMATS: Readonly<Record<string, LineFormat>> = { ".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson" };

function formatOf(file: string | undefined): LineFormat {
  if (file === undefined) return "ndjson";
  const format = FORMATS[extname(file).toLowerCase()];
  if (format !== undefined) return format;
  throw new UsageError(
    `Expected a name ending in .csv, .ndjson or .jsonl, got ${basename(file)}: add --format csv or --format ndjson`,
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
