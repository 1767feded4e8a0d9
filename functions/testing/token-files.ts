// For tests: files of tokens.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export const folder = mkdtempSync(join(tmpdir(), "pulse-tokens-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;

/** Makes a file of that text. */
export function fileOf(text: string): string {
  const file = join(folder, `${++files}.txt`);
  writeFileSync(file, text);
  return file;
}

/** Replaces a file in one step, as Kubernetes replaces a Secret. */
export function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
