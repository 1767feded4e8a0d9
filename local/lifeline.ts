// Work for after the end of this process. No handler of a process runs after kill -9, so a shell does the work: its
// standard input ends with this process, and the shell then runs the last line that it read.
import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

const UNTIL_THE_END = 'while read -r line; do last=$line; done; eval "$last"';
const commands = new Set<string>();
let shell: ChildProcess | undefined;

/** Runs a shell command after this process has ended in any way. @returns a function that takes the command back */
export function runAfterThisProcess(command: string): () => void {
  commands.add(command);
  tellShell();
  return () => {
    if (commands.delete(command)) tellShell();
  };
}

/** Kills a child after this process has ended in any way; not the child's children. */
export function endWithThisProcess(child: ChildProcess): void {
  if (child.pid === undefined || child === shell) return;
  child.once("exit", runAfterThisProcess(`kill -9 ${child.pid}`));
}

function tellShell(): void {
  shell ??= startShell();
  shell.stdin?.write(`${[...commands].join("; ")}\n`);
}

function startShell(): ChildProcess {
  // Detached, so that neither Ctrl-C nor the end of the terminal reaches the shell.
  const started = spawn("/bin/sh", ["-c", UNTIL_THE_END], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  // When somebody kills the shell, this process goes on.
  (started.stdin as Writable).on("error", () => undefined);
  started.unref();
  return started;
}
