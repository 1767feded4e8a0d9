import { statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { localSettings } from "../../settings/local-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { codeOf, numberOf, readFlags, tokenIn, UsageError, urlOf } from "../arguments.ts";
import type { LineFormat } from "./measurement.ts";

/** What `npm run send` was asked to do. */
export interface SendOptions {
  /** Absolute path; absent: standard input. */
  file: string | undefined;
  format: LineFormat;
  service: string | undefined;
  status: string | undefined;
  url: URL;
  token: string | undefined;
  /** Pulses a second; Infinity for as many as are taken. */
  rate: number;
  batch: number;
  concurrency: number;
  isShifted: boolean;
  isRestarted: boolean;
  isStrict: boolean;
  isDryRun: boolean;
  retryForMs: number;
  dataDir: string;
}

const DEFAULT_RATE = 1000;
const FLAGS = {
  file: { type: "string" },
  format: { type: "string" },
  service: { type: "string" },
  status: { type: "string" },
  url: { type: "string" },
  "token-file": { type: "string" },
  rate: { type: "string" },
  "as-fast-as-possible": { type: "boolean" },
  batch: { type: "string" },
  concurrency: { type: "string" },
  "shift-to-now": { type: "boolean" },
  restart: { type: "boolean" },
  strict: { type: "boolean" },
  "dry-run": { type: "boolean" },
  "retry-for": { type: "string" },
  help: { type: "boolean" },
} as const;

export const SEND_HELP = `Sends measurements from a file, or from standard input, as pulses.

  npm run send -- --file latency.csv --service checkout --shift-to-now
  npm run send -- --file pulses.ndjson --as-fast-as-possible
  tail -f pulses.ndjson | npm run send

What to send
  --file FILE            CSV with a header that names the columns timestamp and value (ms), or NDJSON, one pulse a line.
                         A timestamp is YYYY-MM-DD HH:MM:SS (UTC), RFC 3339, or epoch seconds or ms. One measurement a line.
                         Without it: standard input, one pulse a line.
  --format csv|ndjson    When the file's name does not say (.csv, .ndjson, .jsonl).
  --service NAME         The service; a line of NDJSON may name its own. CSV needs it.
  --status STATUS        The status of lines that name none; CSV: "ok" unless given.
  --shift-to-now         Adds to every time, so that the last one is now; reads the file twice. Pulses older than the
                         retention (30 days unless set otherwise) are refused.

How to send it
  --url URL              Where pulse-ingest is. Default: http://localhost:8080/pulse
  --token-file FILE      Holds the bearer token, where one is asked for.
  --rate N               Pulses a second. Default: ${DEFAULT_RATE}
  --as-fast-as-possible  As many as are taken.
  --batch N              Pulses a request at most, 1 to 10000. Default: 500
  --concurrency N        Requests at one time, 1 to 64. Default: 4
  --retry-for SECONDS    How long to try again while nothing is accepted (refused connections, 429, 5xx). Default: 300
  --strict               Stop at the first bad line; otherwise bad lines are reported, counted and passed over.
  --dry-run              Read and check everything, send nothing.

Going on
  Ctrl-C stops it, and the same command goes on where it stopped, also after a crash: what was accepted is noted in
  .pulsemesh/send/. A finished file that has grown is gone on with, too.
  --restart              Begin anew.
  Each line has an identity of its own, "<file name>-<hash of its first lines>:<line>" unless it names an id, so that a
  line that is sent again is not stored again. With --shift-to-now the shift is part of it.

Exit code: 0 all was sent, 1 it stopped at a fault, 2 the command is wrong, 3 bad lines were passed over, 130 Ctrl-C.
`;

/** Reads the command line; `undefined` when help is asked for, or nothing that could be sent. @throws {UsageError} */
export function readSendOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  isInputTerminal: boolean,
): SendOptions | undefined {
  const flags = readFlags(args, FLAGS);
  if (flags.help || (flags.file === undefined && isInputTerminal)) return undefined;
  const { dataDir, ingestPort } = readSettings(
    { dataDir: localSettings.dataDir, ingestPort: localSettings.ingestPort },
    env,
  );
  if (flags.rate !== undefined && flags["as-fast-as-possible"]) {
    throw new UsageError("Expected --rate or --as-fast-as-possible, got both");
  }
  const format = formatOf(flags.file, flags.format);
  if (format === "csv" && flags.service === undefined) {
    throw new UsageError("Expected --service NAME with CSV, which names no service, got none");
  }
  if (flags["shift-to-now"] && flags.file === undefined) {
    throw new UsageError("Expected --file with --shift-to-now, which reads it twice, got standard input");
  }
  return {
    file: flags.file === undefined ? undefined : checkFile(flags.file),
    format,
    service: flags.service,
    status: flags.status ?? (format === "csv" ? "ok" : undefined),
    url: urlOf("url", flags.url ?? `http://localhost:${ingestPort}/pulse`),
    token: tokenIn(flags["token-file"]),
    rate: flags["as-fast-as-possible"]
      ? Number.POSITIVE_INFINITY
      : numberOf("rate", flags.rate, { fallback: DEFAULT_RATE, min: 0.01, max: 10_000_000, isWhole: false }),
    batch: numberOf("batch", flags.batch, { fallback: 500, min: 1, max: 10_000 }),
    concurrency: numberOf("concurrency", flags.concurrency, { fallback: 4, min: 1, max: 64 }),
    isShifted: flags["shift-to-now"] ?? false,
    isRestarted: flags.restart ?? false,
    isStrict: flags.strict ?? false,
    isDryRun: flags["dry-run"] ?? false,
    retryForMs:
      1000 * numberOf("retry-for", flags["retry-for"], { fallback: 300, min: 0, max: 86_400, isWhole: false }),
    dataDir: resolve(dataDir),
  };
}

const FORMATS: Readonly<Record<string, LineFormat>> = { ".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson" };

function formatOf(file: string | undefined, given: string | undefined): LineFormat {
  if (given === "csv" || given === "ndjson") return given;
  if (given !== undefined) throw new UsageError(`Expected --format csv or ndjson, got ${JSON.stringify(given)}`);
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
    throw new UsageError(`Expected --file to name a file, got ${file}: ${codeOf(error)}`);
  }
  throw new UsageError(`Expected --file to name a file, got ${file}: pipe anything else into standard input`);
}
