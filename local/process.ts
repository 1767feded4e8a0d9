import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Logger } from "pino";
import { endWithThisProcess } from "./lifeline.ts";
import type { Output } from "./output.ts";

export interface ManagedProcessOptions {
  name: string;
  /** Node's options, and the program. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Answers 200 when the process is ready. */
  readyUrl: string;
  output: Output;
  log: Logger;
  /** How long the process may take to stop before it is killed. */
  stopGraceMs: number;
  /** A process that ends within this time after its start counts as crashing in a row. @default 5,000 */
  quickCrashMs?: number;
  /** @default 100 */
  firstBackoffMs?: number;
}

/** The longest pause between a crash and the next start. */
const MAX_BACKOFF_MS = 5000;
const READY_POLL_MS = 25;

/** A process that starts again when it ends unasked. */
export class ManagedProcess {
  readonly #options: Required<ManagedProcessOptions>;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #isWanted = false;
  #quickCrashes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #hasBeenReady = false;
  #lastExit: { code: number | null; signal: NodeJS.Signals | null } | undefined;

  constructor(options: ManagedProcessOptions) {
    this.#options = { quickCrashMs: 5000, firstBackoffMs: 100, ...options };
  }

  get name(): string {
    return this.#options.name;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { name, args, env, output } = this.#options;
    this.#isWanted = true;
    this.#isStopping = false;
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // In a separate process group: Ctrl-C reaches the supervisor alone, which stops the processes in order.
      detached: true,
    });
    endWithThisProcess(child);
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once("close", resolve));
    child.on("error", (error) => this.#options.log.error({ process: name, err: error }, "could not be started"));
    if (child.stdout !== null) createInterface(child.stdout).on("line", (line) => output.writeLine(line));
    if (child.stderr !== null)
      createInterface(child.stderr).on("line", (line) => output.writeError(`${name}: ${line}`));
    child.on("exit", (code, signal) => {
      this.#child = undefined;
      this.#lastExit = { code, signal };
      // An exit code before it was ever ready means that it cannot work (see untilReady); a signal means a kill.
      if (code !== null && !this.#hasBeenReady) this.#isWanted = false;
      else if (this.#isWanted) this.#startAgain(performance.now() - startedAt);
    });
  }

  /** Resolves when the process is ready or was stopped. @throws when it exits before, as with a wrong setting */
  async untilReady(): Promise<void> {
    const { name, readyUrl } = this.#options;
    while (this.#isWanted) {
      if (this.#child !== undefined && (await isReady(readyUrl))) {
        this.#hasBeenReady = true;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
    const code = this.#lastExit?.code;
    if (code === undefined || code === null || this.#isStopping) return;
    throw new Error(`${name}: Expected it to get ready, got an end with code ${code}: its message is above`);
  }

  /** Asks the process to end, kills it after the grace time, and resolves when it is gone. */
  async stop(): Promise<void> {
    const { log, name, stopGraceMs } = this.#options;
    this.#isWanted = false;
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#child?.kill("SIGTERM");
    const timer = setTimeout(() => {
      log.warn({ process: name, stopGraceMs }, "did not stop in time: killing it");
      this.kill();
    }, stopGraceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#quickCrashes = 0;
    this.start();
  }

  kill(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#child?.kill("SIGKILL");
  }

  #startAgain(livedMs: number): void {
    const { log, name, quickCrashMs, firstBackoffMs } = this.#options;
    this.#quickCrashes = livedMs < quickCrashMs ? this.#quickCrashes + 1 : 0;
    // Only the first crash in a row is followed by an immediate start.
    const backoffMs =
      this.#quickCrashes < 2 ? 0 : Math.min(MAX_BACKOFF_MS, firstBackoffMs * 2 ** (this.#quickCrashes - 2));
    log.error({ process: name, ...this.#lastExit, backoffMs }, "ended unasked: starting it again");
    this.#timer = setTimeout(() => this.start(), backoffMs);
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
