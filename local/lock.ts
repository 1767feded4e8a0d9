// One supervisor for a data folder. The lock is SQLite's on a file, which the system lets go of when the process is gone,
// even by kill -9: there is no stale lock to be told from a real one.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface FolderLock {
  release(): void;
}

/** Thrown when another process has the folder; the message says which, and the remedy. */
export class FolderInUseError extends Error {
  override readonly name = "FolderInUseError";
}

/** Takes the folder for this process; makes it when it is not there. @throws {FolderInUseError} */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const pidFile = join(folder, "supervisor.pid");
  const database = new DatabaseSync(join(folder, "supervisor.lock"));
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    const message = `PULSE_DATA_DIR: Expected a folder that nobody uses, got ${folder}, in use by ${ownerIn(pidFile)}: stop that one, or choose another folder`;
    throw new FolderInUseError(message, { cause });
  }
  writeFileSync(pidFile, String(process.pid));
  return { release: () => database.close() };
}

function ownerIn(pidFile: string): string {
  try {
    return `process ${readFileSync(pidFile, "utf8")}`;
  } catch {
    return "another process";
  }
}
