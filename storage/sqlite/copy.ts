import { closeSync, openSync, statSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";

export interface CopyOptions {
  /** Stops the copy; what has been written of it stays, for the caller to remove. */
  signal?: AbortSignal | undefined;
  /** Called after each step with the share that is done, from 0 to 1. */
  onProgress?: ((share: number) => void) | undefined;
  /** How long another process may keep the file locked: to recover or to close it takes a moment. @default 5000 */
  busyTimeoutMs?: number;
}

/** 4 MB: a stop is noticed after as much. */
const STEP_PAGES = 1000;

/**
 * Copies a database that other processes go on writing to: what was committed before the call is in the copy, which needs no
 * write-ahead log beside it and which nobody else can read (mode 0600). Rejects when `to` exists, with SQLite's error, or with
 * the signal's reason.
 */
export async function copyDatabase(file: string, to: string, options: CopyOptions = {}): Promise<void> {
  const { signal, onProgress, busyTimeoutMs = 5000 } = options;
  // SQLite would make a source that is not there.
  statSync(file);
  closeSync(openSync(to, "wx", 0o600));
  const source = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    // A commit of another process makes SQLite's backup start over, for ever under load, unless its source stands still: the
    // read transaction holds one state for all steps. The log grows meanwhile, and is cut at a later checkpoint.
    source.exec("BEGIN");
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    await backup(source, to, {
      rate: STEP_PAGES,
      progress({ totalPages, remainingPages }) {
        signal?.throwIfAborted();
        onProgress?.(1 - remainingPages / totalPages);
      },
    });
  } finally {
    source.close();
  }
  signal?.throwIfAborted();
  standAlone(to);
}

// The copy says that it has a write-ahead log. Without one it can be read from a folder that is read-only.
function standAlone(file: string): void {
  const copy = new DatabaseSync(file);
  copy.exec("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA journal_mode = DELETE");
  copy.close();
}
