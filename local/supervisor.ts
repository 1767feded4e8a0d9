import type { Logger } from "pino";
import type { Output } from "./output.ts";
import type { PlannedProcess } from "./plan.ts";
import { ManagedProcess } from "./process.ts";
import { watchSources } from "./watch.ts";

export interface SupervisorOptions {
  plan: readonly PlannedProcess[];
  output: Output;
  log: Logger;
  /** How long each process may take to stop before it is killed. */
  stopGraceMs: number;
  readyPath?: string;
}

/** Keeps the processes of a plan running, and stops them in order. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #processes: { planned: PlannedProcess; process: ManagedProcess }[];
  #endWatch: (() => void) | undefined;
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

  /** The ids of the running processes by name. */
  get pids(): Map<string, number> {
    const pids = new Map<string, number>();
    for (const { process } of this.#processes) if (process.pid !== undefined) pids.set(process.name, process.pid);
    return pids;
  }

  /** Starts all processes and resolves when all are ready. @throws when one exits instead; the others are stopped then */
  async start(): Promise<void> {
    for (const { process } of this.#processes) process.start();
    try {
      await Promise.all(this.#processes.map(({ process }) => process.untilReady()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** From now on, restarts a process when one of its sources changes. */
  watch(): void {
    const sources = this.#processes.flatMap(({ planned }) => planned.sources);
    this.#endWatch = watchSources(sources, (changed) => {
      const affected = this.#processes.filter(({ planned }) => planned.sources.some((source) => changed.has(source)));
      // One restart after the other: a change during a restart leads to another one.
      this.#restarting = this.#restarting.then(() => this.#restart(affected.map(({ process }) => process)));
    });
  }

  async #restart(processes: readonly ManagedProcess[]): Promise<void> {
    if (this.#isStopping) return;
    this.#options.log.info({ processes: processes.map(({ name }) => name) }, "sources changed: restarting");
    await Promise.all(processes.map((process) => process.restart()));
  }

  /** Stops all processes by rank, senders before receivers; resolves when all are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#endWatch?.();
    await this.#restarting;
    const ranks = [...new Set(this.#processes.map(({ planned }) => planned.stopRank))].toSorted((a, b) => a - b);
    for (const rank of ranks) {
      const due = this.#processes.filter(({ planned }) => planned.stopRank === rank);
      await Promise.all(due.map(({ process }) => process.stop()));
    }
  }

  /** Kills all processes at once. */
  kill(): void {
    for (const { process } of this.#processes) process.kill();
  }
}
