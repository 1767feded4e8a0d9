import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes an empty folder for the running test and returns its path. The end of the test removes it. */
export function openTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-feed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
