// Small real programs for the tests of the supervisor.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePort } from "../../settings/tcp-ports.ts";
import type { Output } from "../output.ts";

/** A folder that is removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestProgram {
  file: string;
  port: number;
  env: Record<string, string>;
  /** What the program has noted: `start <pid>` and `stop <pid>`. */
  notes(): string[];
}

const SERVER = `
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
const note = (text) => appendFileSync(process.env.NOTES, text + " " + process.env.NAME + " " + process.pid + "\\n");
note("start");
console.log(JSON.stringify({ level: 30, msg: "hello of " + process.env.NAME }));
createServer((request, response) => response.end("OK")).listen(Number(process.env.PORT));
`;
const STOPS = `process.on("SIGTERM", () => { note("stop"); process.exit(0); });`;

/** Writes a program that listens, is ready, and does more as told. */
export async function writeProgram(
  name: string,
  { folder = temporaryFolder(), more = STOPS, source }: { folder?: string; more?: string; source?: string } = {},
): Promise<TestProgram> {
  const file = join(folder, `${name}.mjs`);
  const notesFile = join(folder, "notes.txt");
  const port = await freePort();
  writeFileSync(file, source ?? `${SERVER}${more}`);
  return {
    file,
    port,
    env: { NAME: name, NOTES: notesFile, PORT: String(port) },
    notes: () => (existsSync(notesFile) ? readFileSync(notesFile, "utf8").trim().split("\n") : []),
  };
}

export interface MemoryOutput extends Output {
  lines: string[];
  errors: string[];
}

/** Keeps what is written. */
export function createMemoryOutput(): MemoryOutput {
  const lines: string[] = [];
  const errors: string[] = [];
  return { lines, errors, writeLine: (line) => lines.push(line), writeError: (line) => errors.push(line) };
}

/** Whether a process with this id runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
