import { spawn } from "node:child_process";
import { ClusterError } from "./tools.ts";

interface RunOptions {
  input?: string;
  env?: Record<string, string>;
  /** Gets every line at once. */
  onLine?: (line: string) => void;
}

/** Runs a command and returns its standard output. @throws {ClusterError} with all its output, when it fails */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, output, all } = await start(command, args, options);
  if (code === 0) return output;
  throw new ClusterError(`Expected \`${[command, ...args].join(" ")}\` to succeed, got exit code ${code}:\n${all}`);
}

/** Whether a command succeeds; its output is dropped. */
export async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return (await start(command, args, {})).code === 0;
}

async function start(command: string, args: readonly string[], { input, env, onLine }: RunOptions) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let all = "";
  let rest = "";
  const take = (text: string) => {
    all += text;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine?.(line);
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    take(text);
  });
  child.stderr.setEncoding("utf8").on("data", take);
  child.stdin.on("error", () => undefined); // the command ended before it read all of its input: its exit code says more
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  return { code, output, all };
}
