// Data files hold what services and people send: only the user that PulseMesh runs as reads them.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** The permissions of data files. */
export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** What a process takes from the permissions of every file that it makes, for files that other programs name. */
export const PRIVATE_UMASK = 0o077;

/** Makes a folder, with the folders above it, unless it exists. What exists keeps its permissions: it may be shared. */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER });
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(folder);
    // Not mkdir's `recursive`, which some file systems never let end.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || existsSync(parent)) throw error;
    makePrivateFolder(parent);
    makePrivateFolder(folder);
  }
}

/** As {@link makePrivateFolder}, for a folder that only PulseMesh uses: one that an earlier version made is taken from other users. */
export function makeOwnFolder(folder: string): void {
  makePrivateFolder(folder);
  try {
    chmodSync(folder, PRIVATE_FOLDER);
  } catch {} // another user's, on a shared volume
}

/**
 * Makes the empty file of a SQLite database unless it exists, and takes it from other users. SQLite gives its permissions
 * to the files beside it, except to those that are there. Never throws: SQLite says better what is wrong with a file.
 */
export function makePrivateDatabase(file: string): void {
  try {
    // Never opens a file that is there: to close it would end the locks that this process holds on it.
    closeSync(openSync(file, "wx", PRIVATE_FILE));
  } catch {}
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    try {
      chmodSync(path, PRIVATE_FILE);
    } catch {} // another user's, on a shared volume, or not there
  }
}
