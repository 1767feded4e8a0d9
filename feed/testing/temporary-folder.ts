// For tests: a folder of the test's own, removed when it is over.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes an empty folder for the running test and returns its path. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-feed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
