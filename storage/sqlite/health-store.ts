import { setImmediate as nextTurn } from "node:timers/promises";
import type { HealthRun } from "../../events/health-run.ts";
import type {
  Basis,
  CurrentRun,
  HealthChange,
  HealthStore,
  PlannedWork,
  SetService,
  ToldRun,
} from "../health-ports.ts";
import type { Span } from "../span.ts";
import type { HealthRows } from "./health-rows.ts";
import { AFTER_DETACHED } from "./pulse-rows.ts";
import type { RollupRows } from "./rollup-rows.ts";
import type { StoreFile } from "./store-file.ts";
import { wholeSpan } from "./whole-span.ts";

const CHUNK_ROWS = 1000;

export interface SqliteHealthStoreOptions {
  rows: HealthRows;
  rollups: Pick<RollupRows, "forgotten">;
  file: Pick<StoreFile<unknown>, "read" | "changeAtOnce">;
  /** Runs are kept until they ended so long ago. */
  historyMs: number;
  now: () => number;
}

/** Health in the file of the pulses: changes are one transaction. */
export class SqliteHealthStore implements HealthStore {
  readonly #options: SqliteHealthStoreOptions;

  constructor(options: SqliteHealthStoreOptions) {
    this.#options = options;
  }

  async *current(): AsyncGenerator<readonly CurrentRun[]> {
    const { rows, file } = this.#options;
    let last: string | undefined = AFTER_DETACHED;
    while (last !== undefined) {
      const after: string = last;
      const runs = file.read(() => rows.current(after, CHUNK_ROWS));
      if (runs.length > 0) yield runs;
      last = runs.length < CHUNK_ROWS ? undefined : runs.at(-1)?.service;
      if (last !== undefined) await nextTurn();
    }
  }

  async runs(service: string, span: Span): Promise<HealthRun[]> {
    return this.#options.file.read(() => this.#options.rows.runs(service, wholeSpan(span)));
  }

  async judgedUntil(): Promise<number> {
    return this.#options.file.read(() => this.#options.rows.watch().judgedUntil);
  }

  async begin(): Promise<Basis> {
    const { rollups, file, now } = this.#options;
    return { asOf: now(), forgotten: file.read(() => rollups.forgotten()) };
  }

  async keep(changes: readonly HealthChange[], basis: Basis): Promise<boolean> {
    const { rows, historyMs, now } = this.#options;
    return this.#change(basis, () => {
      for (const { service, runs, memory } of changes) {
        const serviceId = rows.judge(service, basis.asOf);
        if (serviceId === undefined) continue;
        if (runs !== undefined) {
          rows.replace(serviceId, wholeSpan(runs.span), runs.runs);
          rows.deleteBefore(serviceId, now() - historyMs);
        }
        if (memory !== undefined) rows.remember(serviceId, memory);
      }
    });
  }

  async memory(service: string): ReturnType<HealthStore["memory"]> {
    return this.#options.file.read(() => this.#options.rows.memory(service));
  }

  async noteJudged(until: number): Promise<boolean> {
    return this.#options.file.changeAtOnce(() => this.#options.rows.noteJudged(until));
  }

  async told(service: string, span: Span): Promise<ToldRun[]> {
    return this.#options.file.read(() => this.#options.rows.told(service, wholeSpan(span)));
  }

  async tell(service: string, told: readonly ToldRun[], basis: Basis): Promise<boolean> {
    return this.#change(basis, () => {
      for (const one of told) this.#options.rows.tell(service, one);
    });
  }

  async toldFrom(time: number): Promise<number> {
    const { rows, file } = this.#options;
    const { toldFrom } = file.read(() => rows.watch());
    if (toldFrom !== 0 && toldFrom <= time) return toldFrom;
    return file.changeAtOnce(() => rows.tellFrom(time)) ? file.read(() => rows.watch().toldFrom) : time;
  }

  async *set(): AsyncGenerator<readonly SetService[]> {
    const { rows, file } = this.#options;
    const all = file.read(() => rows.set());
    if (all.length > 0) yield all;
  }

  async retire(service: string, isRetired: boolean): Promise<boolean> {
    return this.#options.file.changeAtOnce(() => this.#options.rows.retire(service, isRetired));
  }

  async plan(service: string, work: PlannedWork | undefined): Promise<boolean> {
    return this.#options.file.changeAtOnce(() => this.#options.rows.plan(service, work));
  }

  /** Does some work in a transaction, unless a service was forgotten since. */
  #change({ forgotten }: Basis, work: () => void): boolean {
    const { rollups, file } = this.#options;
    let isDone = false;
    const isCommitted = file.changeAtOnce(() => {
      isDone = rollups.forgotten() === forgotten;
      if (isDone) work();
    });
    return isCommitted && isDone;
  }
}
