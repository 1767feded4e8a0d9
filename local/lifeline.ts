// What has to be done when this process is gone, be it by kill -9, after which no handler of its own runs: a shell waits
// for the end of its standard input, which comes with the end of this process, and does then what it was told last.
import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

const UNTIL_THE_END = 'while read -r line; do last=$line; done; eval "$last"';
const commands = new Set<string>();
let shell: ChildProcess | undefined;

/** Has a shell command run once this process is gone, however it went. @returns what takes it back */
export function runAfterThisProcess(command: string): () => void {
  commands.add(command);
  tellShell();
  return () => {
    if (commands.delete(command)) tellShell();
  };
}

/** Kills a child once this process is gone, however it went. Its own children are its own affair. */
export function endWithThisProcess(child: ChildProcess): void {
  if (child.pid === undefined || child === shell) return;
  child.once("exit", runAfterThisProcess(`kill -9 ${child.pid}`));
}

function tellShell(): void {
  shell ??= startShell();
  shell.stdin?.write(`${[...commands].join("; ")}\n`);
}

function startShell(): ChildProcess {
  // In a session of its own: Ctrl-C and the end of a terminal are not for it.
  const started = spawn("/bin/sh", ["-c", UNTIL_THE_END], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  // Somebody has killed the shell: that is no reason to end too.
  (started.stdin as Writable).on("error", () => undefined);
  started.unref();
  return started;
}
