import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Logger } from "pino";
import { endWithThisProcess } from "./lifeline.ts";
import type { Output } from "./output.ts";

export interface ManagedProcessOptions {
  name: string;
  /** Of Node: its options and the program. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Answers 200 once the process can work. */
  readyUrl: string;
  output: Output;
  log: Logger;
  /** How long it may take to stop before it is killed. */
  stopGraceMs: number;
  /** A crash sooner after the start than this makes the next start wait longer. @default 5,000 */
  quickCrashMs?: number;
  /** @default 100 */
  firstBackoffMs?: number;
}

/** The longest pause between a crash and the next start. */
const MAX_BACKOFF_MS = 5000;
const READY_POLL_MS = 25;

/** A process that is started again whenever it ends without having been asked to. */
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
      // A process group of its own: Ctrl-C reaches the supervisor alone, which stops the others in order.
      detached: true,
    });
    endWithThisProcess(child);
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once("close", resolve));
    child.on("error", (error) => this.#options.log.error({ process: name, err: error }, "cannot be started"));
    if (child.stdout !== null) createInterface(child.stdout).on("line", (line) => output.writeLine(line));
    if (child.stderr !== null)
      createInterface(child.stderr).on("line", (line) => output.writeError(`${name}: ${line}`));
    child.on("exit", (code, signal) => {
      this.#child = undefined;
      this.#lastExit = { code, signal };
      // A signal is somebody's kill; an exit before it was ever ready is its own decision, see untilReady.
      if (code !== null && !this.#hasBeenReady) this.#isWanted = false;
      else if (this.#isWanted) this.#startAgain(performance.now() - startedAt);
    });
  }

  /** Resolves when it can work, or was stopped. @throws when it ends before that, which a wrong setting makes it do. */
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

  /** Asks it to end, and kills it when the grace time is over; resolves when it is gone. */
  async stop(): Promise<void> {
    const { log, name, stopGraceMs } = this.#options;
    this.#isWanted = false;
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#child?.kill("SIGTERM");
    const timer = setTimeout(() => {
      log.warn({ process: name, stopGraceMs }, "does not stop in time: it is killed");
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
    // The first crash may be an accident: at once. From the second in a row on it is a habit.
    const backoffMs =
      this.#quickCrashes < 2 ? 0 : Math.min(MAX_BACKOFF_MS, firstBackoffMs * 2 ** (this.#quickCrashes - 2));
    log.error({ process: name, ...this.#lastExit, backoffMs }, "ended by itself: it is started again");
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
