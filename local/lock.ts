// One supervisor at a time for a data folder. The lock is SQLite's lock on a file: the system releases it when the process
// ends, even by kill -9, so that no stale lock stays behind.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeDataFolder } from "../settings/data-folder.ts";
import { makePrivateDatabase, PRIVATE_FILE } from "../settings/private-files.ts";

/** Thrown when another process uses the folder; the message names the process and the remedy. */
export class FolderInUseError extends Error {
  override readonly name = "FolderInUseError";
}

/** A database that nothing refers to is closed with the garbage, and its lock is gone. */
const held = new Set<DatabaseSync>();

/** Locks a folder for this process, and makes it if it does not exist. @returns the release @throws {FolderInUseError} */
export function lockFolder(folder: string): () => void {
  makeDataFolder(folder);
  const pidFile = join(folder, "supervisor.pid");
  const lockFile = join(folder, "supervisor.lock");
  makePrivateDatabase(lockFile);
  const database = new DatabaseSync(lockFile);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    const message = `PULSE_DATA_DIR: Expected a folder that no other process uses, got ${folder}, in use by ${ownerIn(pidFile)}: stop that one, or choose another folder`;
    throw new FolderInUseError(message, { cause });
  }
  writeFileSync(pidFile, String(process.pid), { mode: PRIVATE_FILE });
  held.add(database);
  return () => {
    held.delete(database);
    database.close();
  };
}

function ownerIn(pidFile: string): string {
  try {
    return `process ${readFileSync(pidFile, "utf8")}`;
  } catch {
    return "another process";
  }
}
