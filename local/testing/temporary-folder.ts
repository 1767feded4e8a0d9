import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes an empty folder for the running test, which removes it at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
