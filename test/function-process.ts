import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { FunctionName } from "../settings/function-settings.ts";
import { MALLOC_ENV, NODE_FLAGS } from "../settings/node-flags.ts";
import { freePort } from "../settings/tcp-ports.ts";
import { until } from "./platform.ts";

/** A function as a process, as a container runs it. */
export interface FunctionProcess {
  url: string;
  port: number;
  pid: number;
  /** Every line of its standard output and error. */
  lines: string[];
  /** The most resident memory so far, in bytes. */
  peakBytes(): number;
  /** Sends SIGTERM; returns the exit code, or `null` after killing a process that took longer. */
  stop(withinMs?: number): Promise<number | null>;
  kill(): Promise<void>;
}

export interface FunctionProcessOptions {
  env?: Record<string, string>;
  port?: number;
  /** Node's options and the program. @default the function's entry */
  program?: readonly string[];
  /** The working directory. @default this one */
  cwd?: string;
}

/** Starts a function and resolves when it is ready. */
export async function startFunction(
  name: FunctionName,
  { env = {}, port, program = [...NODE_FLAGS[name], "functions/main.ts"], cwd = "." }: FunctionProcessOptions = {},
): Promise<FunctionProcess> {
  const ownPort = port ?? (await freePort());
  const child = spawn(process.execPath, program, {
    env: {
      ...process.env,
      ...MALLOC_ENV,
      PULSE_FUNCTION: name,
      PORT: String(ownPort),
      FUNC_PORT: String(ownPort),
      ...env,
    },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  const url = `http://127.0.0.1:${ownPort}`;
  await until(`${name} to be ready`, async () => {
    if (child.exitCode !== null) throw new Error(`Expected ${name} to run, got:\n${lines.join("\n")}`);
    return fetch(`${url}/health/ready`).then(
      (response) => response.ok,
      () => false,
    );
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`Expected ${name} to have a pid, got none`);
  return {
    url,
    port: ownPort,
    pid,
    lines,
    peakBytes: () => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
    async stop(withinMs = 40_000) {
      if (child.exitCode !== null) return child.exitCode;
      const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
      const code = await exitOf(child, "SIGTERM");
      clearTimeout(timer);
      return code;
    },
    async kill() {
      if (child.exitCode === null && child.signalCode === null) await exitOf(child, "SIGKILL");
    },
  };
}

/** Runs a function until it exits; returns its exit code and its output. */
export async function runToEnd(
  env: Record<string, string>,
  program: readonly string[] = ["functions/main.ts"],
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, program, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  return { code, output };
}

async function exitOf(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  // `close` comes after all output was read.
  const closed = once(child, "close");
  child.kill(signal);
  const [code] = await closed;
  return code;
}
