// For tests of the command `send`: a server, a folder of its own, and the ways to start it there.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { runSend } from "../send/command.ts";
import { startCommand } from "./command-process.ts";
import { type IngestPeer, startIngestPeer } from "./ingest.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** As many requests as the server takes. */
export const FAST = "--as-fast-as-possible";

/** Starts a server, and gives the ways to start the command against it in a folder of its own. */
export async function setUp() {
  const peer = await startIngestPeer();
  onTestFinished(() => peer.close());
  const cwd = temporaryFolder();
  const start = (args: string[], nodeFlags: string[] = []) =>
    startCommand("send", ["--url", peer.url.href, ...args], { cwd, nodeFlags });
  /** The same in this process: quicker, and seen by the coverage. */
  const run = async (args: string[], stdin: Readable = Readable.from([])) => {
    const output = { stdout: "", stderr: "" };
    const screen = (name: keyof typeof output) => ({
      write: (text: string) => {
        output[name] += text;
      },
    });
    const atFolder = args.map((arg, i) => (args[i - 1] === "--file" ? resolve(cwd, arg) : arg));
    const code = await runSend(["--url", peer.url.href, ...atFolder], {
      env: { PULSE_DATA_DIR: join(cwd, ".pulsemesh") },
      stdin,
      stdout: screen("stdout"),
      stderr: screen("stderr"),
      stop: new AbortController(),
    });
    return { code, ...output };
  };
  const write = (name: string, text: string) => {
    writeFileSync(join(cwd, name), text);
    return name;
  };
  return { peer, cwd, start, run, write };
}

/** A CSV file of measurements a second apart, the last of them `endMs`. */
export function csvOf(count: number, endMs: number): string {
  const rows = Array.from({ length: count }, (_, i) => `${endMs - (count - 1 - i) * 1000},${i % 100}.5`);
  return `timestamp,value\n${rows.join("\n")}\n`;
}

/** The numbers of the lines whose pulses were taken in. */
export function linesIn(peer: IngestPeer): number[] {
  return [...peer.pulses.keys()].map((id) => Number(/:(\d+)$/.exec(id)?.[1])).sort((a, b) => a - b);
}

/** The whole numbers from one to another, both included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
