// All SQLite files of a data folder, copied into a new folder. The broker's file comes first: an event that leaves it later
// is in a store by then, so what was accepted before the backup began is in one of the copies. It may be in both, and is
// stored once all the same, because of its identity.
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { makePrivateFolder } from "../../settings/private-files.ts";
import { forTerminal } from "../../settings/terminal-text.ts";
import { StoreError } from "../store-error.ts";
import { copyDatabase } from "./copy.ts";

const BROKER = "broker.db";
const PULSES = "pulses.db";
const STORES = [PULSES, "dead-letters.db"];
const SQLITE_BUSY = 5;
const BROKER_TIMEOUT_MS = 120_000;
const MAX_SHOWN = 1000;

/** A command line that cannot be followed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface BackupOptions {
  dataDir: string;
  /** The new folder. */
  to: string;
  /** Where the local broker listens, if it runs. */
  brokerUrl: string;
  signal: AbortSignal;
  /** Called with the name of the file that is being copied, and the share of it that is done. */
  onProgress: (name: string, share: number) => void;
}

export interface BackedUp {
  name: string;
  bytes: number;
}

/**
 * Backs up a data folder, also while PulseMesh runs. `to` appears when all of it is on disk, or not at all.
 * @throws {UsageError} when `to` exists @throws {StoreError} that names the remedy @throws the signal's reason
 */
export async function backUp(options: BackupOptions): Promise<BackedUp[]> {
  const { dataDir, to, signal } = options;
  refuseExisting(to);
  if (!existsSync(join(dataDir, PULSES))) {
    throw new StoreError(
      `Expected ${PULSES} in ${dataDir}, got none: set PULSE_DATA_DIR to the folder where PulseMesh keeps its SQLite files`,
    );
  }
  const unfinished = `${to}.unfinished`;
  makeFolder(unfinished);
  try {
    const names = [BROKER, ...STORES].filter((name) => existsSync(join(dataDir, name)));
    for (const name of names) await copy(name, unfinished, options);
    for (const name of names) flush(join(unfinished, name));
    const copies = names.map((name) => ({ name, bytes: statSync(join(unfinished, name)).size }));
    flush(unfinished);
    signal.throwIfAborted();
    // A rename would replace an empty folder that somebody has made meanwhile.
    refuseExisting(to);
    renameSync(unfinished, to);
    flush(dirname(to));
    return copies;
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

function refuseExisting(to: string): void {
  if (existsSync(to)) throw new UsageError(`Expected --to to name a new folder, got ${to}, which exists: name another`);
}

function makeFolder(folder: string): void {
  try {
    makePrivateFolder(dirname(folder));
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new StoreError(
      `Expected no ${folder}, got one: another backup is under way, or was killed; in that case delete it`,
      { cause: error },
    );
  }
}

async function copy(name: string, folder: string, { dataDir, brokerUrl, signal, onProgress }: BackupOptions) {
  const [file, to] = [join(dataDir, name), join(folder, name)];
  // A running broker keeps its file locked.
  const patience = name === BROKER ? { busyTimeoutMs: 0 } : {};
  try {
    await copyDatabase(file, to, { signal, onProgress: (share) => onProgress(name, share), ...patience });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (name === BROKER && (error as { errcode?: unknown }).errcode === SQLITE_BUSY) {
      return await takeCopyOfBroker(file, to, brokerUrl, signal);
    }
    throw new StoreError(
      `Expected to copy ${file} to ${folder}, got "${(error as Error).message}": check free space and permissions`,
      { cause: error },
    );
  }
}

/** The running broker has its file for itself, so that it makes the copy. */
async function takeCopyOfBroker(file: string, to: string, brokerUrl: string, signal: AbortSignal): Promise<void> {
  const made = `${file}.copy`;
  rmSync(made, { force: true });
  const refusal = await askBroker(brokerUrl, signal);
  if (refusal !== undefined || !existsSync(made)) {
    throw new StoreError(
      `Expected the broker at ${brokerUrl} to copy ${file}, got ${refusal ?? "no copy"}: set PULSE_LOCAL_BROKER_PORT and ` +
        `PULSE_DATA_DIR as they are set for \`make run\`, or stop PulseMesh first`,
    );
  }
  try {
    copyFileSync(made, to);
  } finally {
    rmSync(made);
  }
}

async function askBroker(brokerUrl: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(BROKER_TIMEOUT_MS)]);
    const answer = await fetch(`${brokerUrl}/copy`, { method: "POST", signal: patience });
    return answer.status === 204 ? undefined : `${answer.status} ${await beginningOf(answer)}`;
  } catch (error) {
    signal.throwIfAborted();
    return `"${((error as Error).cause as Error | undefined)?.message ?? (error as Error).message}"`;
  }
}

/** The beginning of an answer, as a terminal may show it: another program may listen at that port. */
async function beginningOf({ body }: Response): Promise<string> {
  for await (const chunk of body ?? []) return forTerminal(Buffer.from(chunk).toString().slice(0, MAX_SHOWN));
  return "";
}

function flush(path: string): void {
  const handle = openSync(path, "r");
  fsyncSync(handle);
  closeSync(handle);
}
