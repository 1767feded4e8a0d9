// For tests: a command of this folder as a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface Child {
  process: ChildProcess;
  /** What it has written so far. */
  output: { stdout: string; stderr: string };
  /** Resolves with its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Starts `node feed/<command>/main.ts`; it is killed at the end of the test if it still runs. */
export function startCommand(
  command: "send" | "simulate",
  args: readonly string[],
  { cwd, nodeFlags = [], env = {} }: { cwd: string; nodeFlags?: string[]; env?: NodeJS.ProcessEnv },
): Child {
  const file = fileURLToPath(new URL(`../${command}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [...nodeFlags, file, ...args], { cwd, env: { ...process.env, ...env } });
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
