// The commands of feed/, as processes and within the test's process.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { CommandIo } from "../command-io.ts";

export interface Child {
  process: ChildProcess;
  /** What it has written so far. */
  output: { stdout: string; stderr: string };
  /** Resolves with its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Starts `node feed/<command>/main.ts`. The end of the test kills it if it still runs. */
export function startCommand(
  command: "send" | "simulate",
  args: readonly string[],
  { cwd, nodeFlags = [] }: { cwd: string; nodeFlags?: string[] },
): Child {
  const file = fileURLToPath(new URL(`../${command}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [...nodeFlags, file, ...args], { cwd });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output.stderr += text;
  });
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { process: child, output, ended };
}

/** Runs a command within this process, which is quicker and seen by the coverage. */
export async function runCommand(run: (io: Omit<CommandIo, "stdin" | "env">) => Promise<number>) {
  const output = { stdout: "", stderr: "" };
  const screen = (name: keyof typeof output) => ({
    write: (text: string) => {
      output[name] += text;
    },
  });
  const code = await run({ stdout: screen("stdout"), stderr: screen("stderr"), stop: new AbortController() });
  return { code, ...output };
}
