// Small real programs that the supervisor runs in tests.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../settings/tcp-ports.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export interface TestProgram {
  file: string;
  port: number;
  env: Record<string, string>;
  /** What the program wrote down: `start <name> <pid>` and `stop <name> <pid>`. */
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

/** Writes a program that listens on a port and does what `more` says; `source` replaces all of it. */
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

/** Whether a process with this id runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
