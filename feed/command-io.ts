import type { Readable } from "node:stream";
import { forTerminal } from "../settings/terminal-text.ts";
import { UsageError } from "./command-line.ts";
import type { Screen } from "./progress.ts";

/** What a command uses of its process. */
export interface CommandIo {
  env: NodeJS.ProcessEnv;
  stdin: Readable & { isTTY?: boolean };
  stdout: Screen;
  stderr: NodeJS.WriteStream | Screen;
  /** Stops the command in good order: the user aborts it without a reason, the command with the message of a fault. */
  stop: AbortController;
}

/**
 * Runs a command and returns its exit code: the command's own, 1 for a fault, 2 for a wrong command line, 130 when the user
 * stopped it. Shows the fault without a stack.
 */
export async function exitCodeFrom(
  command: () => Promise<number>,
  { stderr, stop: { signal } }: Pick<CommandIo, "stderr" | "stop">,
): Promise<number> {
  try {
    const code = await command();
    if (!signal.aborted) return code;
    if (typeof signal.reason !== "string") return 130;
    stderr.write(`${forTerminal(signal.reason, "\n")}\n`);
    return 1;
  } catch (error) {
    stderr.write(`${forTerminal((error as Error).message, "\n")}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
