// The command `send`: a pulse-ingest to send to, an empty folder, and the ways to start the command there.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { runSend } from "../send/command.ts";
import { runCommand, startCommand } from "./command.ts";
import { type Ingest, startIngest } from "./ingest.ts";
import { openTemporaryFolder } from "./temporary-folder.ts";

/** As many requests as the server takes. */
export const FAST = "--as-fast-as-possible";

export async function openSendCommand() {
  const ingest = await startIngest();
  const cwd = openTemporaryFolder();
  const start = (args: string[], nodeFlags: string[] = []) =>
    startCommand("send", ["--url", ingest.url.href, ...args], { cwd, nodeFlags });
  const run = (args: string[], stdin: Readable = Readable.from([])) => {
    const atFolder = args.map((arg, i) => (args[i - 1] === "--file" ? resolve(cwd, arg) : arg));
    const env = { PULSE_DATA_DIR: join(cwd, ".pulsemesh") };
    return runCommand((io) => runSend(["--url", ingest.url.href, ...atFolder], { ...io, env, stdin }));
  };
  const write = (name: string, text: string) => {
    writeFileSync(join(cwd, name), text);
    return name;
  };
  return { ingest, cwd, start, run, write };
}

/** A CSV file of measurements a second apart, the last of them `endMs`. */
export function csvOf(count: number, endMs: number): string {
  const rows = Array.from({ length: count }, (_, i) => `${endMs - (count - 1 - i) * 1000},${i % 100}.5`);
  return `timestamp,value\n${rows.join("\n")}\n`;
}

/** The numbers of the lines whose pulses were taken in. */
export function linesIn(ingest: Ingest): number[] {
  return [...ingest.pulses.keys()].map((id) => Number(/:(\d+)-[0-9a-f]{8}$/.exec(id)?.[1])).sort((a, b) => a - b);
}

/** The whole numbers from one to another, both included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
