import type { Logger } from "pino";
import type { Output } from "./output.ts";
import type { PlannedProcess } from "./plan.ts";
import { ManagedProcess } from "./process.ts";
import { type Watch, watchSources } from "./watch.ts";

export interface SupervisorOptions {
  plan: readonly PlannedProcess[];
  output: Output;
  log: Logger;
  /** For each process, from being asked to stop to being killed. */
  stopGraceMs: number;
  readyPath?: string;
}

/** Keeps the processes of a plan running, and stops them in order. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #processes: { planned: PlannedProcess; process: ManagedProcess }[];
  #watch: Watch | undefined;
  #restarting: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: SupervisorOptions) {
    const { plan, output, log, stopGraceMs, readyPath = "/health/ready" } = options;
    this.#options = options;
    this.#processes = plan.map((planned) => {
      const { name, args, env, port } = planned;
      const readyUrl = `http://localhost:${port}${readyPath}`;
      return { planned, process: new ManagedProcess({ name, args, env, readyUrl, output, log, stopGraceMs }) };
    });
  }

  /** Process ids by name, of those that run. */
  get pids(): Map<string, number> {
    const pids = new Map<string, number>();
    for (const { process } of this.#processes) if (process.pid !== undefined) pids.set(process.name, process.pid);
    return pids;
  }

  /** Starts all; resolves when all can work. When one ends instead, all are stopped again. @throws what it said */
  async start(): Promise<void> {
    for (const { process } of this.#processes) process.start();
    try {
      await Promise.all(this.#processes.map(({ process }) => process.untilReady()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Restarts from now on what a changed source belongs to. */
  watch(): void {
    const sources = this.#processes.flatMap(({ planned }) => planned.sources);
    this.#watch = watchSources(sources, (changed) => {
      const affected = this.#processes.filter(({ planned }) => planned.sources.some((source) => changed.has(source)));
      // One after the other: a change during a restart leads to another restart.
      this.#restarting = this.#restarting.then(() => this.#restart(affected.map(({ process }) => process)));
    });
  }

  async #restart(processes: readonly ManagedProcess[]): Promise<void> {
    if (this.#isStopping) return;
    this.#options.log.info({ processes: processes.map(({ name }) => name) }, "sources changed: restarting");
    await Promise.all(processes.map((process) => process.restart()));
  }

  /** Stops all, whoever sends before whoever takes; resolves when all are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#watch?.close();
    await this.#restarting;
    const ranks = [...new Set(this.#processes.map(({ planned }) => planned.stopRank))].toSorted((a, b) => a - b);
    for (const rank of ranks) {
      const due = this.#processes.filter(({ planned }) => planned.stopRank === rank);
      await Promise.all(due.map(({ process }) => process.stop()));
    }
  }

  /** Ends all at once, without asking. */
  kill(): void {
    for (const { process } of this.#processes) process.kill();
  }
}
