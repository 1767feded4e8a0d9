import type { Readable } from "node:stream";
import { UsageError } from "./arguments.ts";
import type { Screen } from "./progress.ts";

/** What a command has of its process. */
export interface CommandIo {
  env: NodeJS.ProcessEnv;
  stdin: Readable & { isTTY?: boolean };
  stdout: Screen;
  stderr: NodeJS.WriteStream | Screen;
  /** Aborted to stop the command in good order; the command aborts it at a fault. */
  stop: AbortController;
}

/** Runs a command and returns its exit code; what it throws is told to the user, without a stack: 2 for a wrong command line. */
export async function exitCodeFrom(command: () => Promise<number>, stderr: Screen): Promise<number> {
  try {
    return await command();
  } catch (error) {
    stderr.write(`${(error as Error).message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
