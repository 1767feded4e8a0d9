// Health in Cassandra. A judgement is written at the time of its basis: of two that speak of one moment, the later one counts, in
// whatever order they are written and however often. Nobody reads before writing, and keepers need no lock.
import { types } from "cassandra-driver";
import pLimit from "p-limit";
import type { HealthRun } from "../../events/health-run.ts";
import type { ServiceHealth } from "../../events/service-health.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
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
import { StoreError } from "../store-error.ts";
import { type Cql, pagesOf, type Statement } from "./cql.ts";
import type { Eras } from "./eras.ts";
import { partsOf } from "./health-parts.ts";
import { healthStatements } from "./health-statements.ts";
import type { PulseTables } from "./pulse-row.ts";
import { forgetSet, isAnySet, setServiceOf, workCellOf } from "./set-services.ts";

const PAGE_ROWS = 1000;
/** Changes with one basis that are told apart: the write times of the next millisecond come after. */
const MAX_OF_ONE_BASIS = 498;
/** Services that are written at one time. */
const CONCURRENCY = 16;

export interface CassandraHealthStoreOptions {
  keyspace: string;
  tables: Pick<PulseTables, "session" | "now">;
  eras: Pick<Eras, "now">;
  /** What is written lives for so long. */
  historyMs: number;
}

/** How the services of a keyspace are, and since when. */
export class CassandraHealthStore implements HealthStore {
  readonly #options: CassandraHealthStoreOptions;
  readonly #statements: ReturnType<typeof healthStatements>;
  readonly #ttl: number;
  #lastAsOf = 0;
  #sameBasis = 0;
  #lastSet = 0;

  constructor(options: CassandraHealthStoreOptions) {
    this.#options = options;
    this.#statements = healthStatements(options.keyspace);
    this.#ttl = Math.ceil(options.historyMs / 1000);
  }

  async *current(): AsyncGenerator<readonly CurrentRun[]> {
    for await (const rows of this.#pages(this.#statements.current, [])) {
      const runs = rows.flatMap(({ service_name: service, current }): CurrentRun[] => {
        if (current === null) return [];
        const [since, health, confirmedAt, cause, asOf] = current.values();
        return [{ service, run: runOf(since, [health, confirmedAt, cause]), asOf: asOf.getTime() }];
      });
      if (runs.length > 0) yield runs;
    }
  }

  async runs(service: string, { from, to }: Span, beforeMore?: () => Promise<void>): Promise<HealthRun[]> {
    const client = await this.#client();
    const before = client.execute(this.#statements.runBefore, [service, timeOf(from)]);
    before.catch(() => {});
    const runs: HealthRun[] = [];
    for await (const rows of this.#pages(this.#statements.runs, [service, timeOf(from), timeOf(to)])) {
      for (const { since, run } of rows) runs.push(runOf(since, run.values()));
      if (runs.length >= PAGE_ROWS) await beforeMore?.();
    }
    const first = (await before).first();
    if (first !== null && runs.at(-1)?.since !== from) runs.push(runOf(first.since, first.run.values()));
    return runs.reverse();
  }

  async judgedUntil(): Promise<number> {
    return (await this.#watch()).judgedUntil;
  }

  async begin(): Promise<Basis> {
    const client = await this.#client();
    return { asOf: this.#options.tables.now(), forgotten: await this.#options.eras.now(client) };
  }

  async keep(changes: readonly HealthChange[], basis: Basis): Promise<boolean> {
    const writetime = this.#writetimeOf(basis);
    return await this.#unlessForgotten(basis, async (client) => {
      const limit = pLimit(CONCURRENCY);
      await limit.map(changes, (change) => this.#keepOne(client, change, basis, writetime));
    });
  }

  // The memory last: it says that the runs before it are kept.
  async #keepOne(
    client: Cql,
    { service, runs, memory }: HealthChange,
    { asOf }: Basis,
    writetime: number,
  ): Promise<void> {
    const { setCurrent, remember } = this.#statements;
    if (runs !== undefined) {
      for (const part of partsOf(runs)) {
        await client.batch(this.#replacement(service, part, writetime), { logged: false });
      }
      const last = runs.runs.at(-1);
      if (timeOf(runs.span.to) === END_OF_TIME_MS && last !== undefined) {
        const { since, health, confirmedAt, cause } = last;
        const current = types.Tuple.fromArray([new Date(since), health, new Date(confirmedAt), cause, new Date(asOf)]);
        await client.execute(setCurrent, [service, current, this.#ttl, writetime]);
      }
    }
    if (memory !== undefined) {
      const value = types.Tuple.fromArray([new Date(memory.judgedUntil), memory.state]);
      await client.execute(remember, [service, value, this.#ttl, writetime]);
    }
  }

  #replacement(service: string, { span, runs }: NonNullable<HealthChange["runs"]>, writetime: number): Statement[] {
    const { removeRuns, insertRun } = this.#statements;
    return [
      { query: removeRuns, params: [writetime - 1, service, timeOf(span.from), timeOf(span.to)] },
      ...runs.map(({ since, health, confirmedAt, cause }) => {
        const run = types.Tuple.fromArray([health, new Date(confirmedAt), cause]);
        return { query: insertRun, params: [service, since, run, this.#ttl, writetime] };
      }),
    ];
  }

  async memory(service: string): ReturnType<HealthStore["memory"]> {
    const row = (await (await this.#client()).execute(this.#statements.memory, [service])).first();
    if (row === null) return undefined;
    const [judgedUntil, state] = row.memory.values();
    return { judgedUntil: judgedUntil.getTime(), state };
  }

  async noteJudged(until: number): Promise<boolean> {
    return await this.#write((client) => client.execute(this.#statements.noteJudged, [until * 1000, until]));
  }

  async told(service: string, { from, to }: Span): Promise<ToldRun[]> {
    const told: ToldRun[] = [];
    for await (const rows of this.#pages(this.#statements.told, [service, timeOf(from), timeOf(to)])) {
      for (const row of rows) {
        const [health, revision] = row.told.values();
        told.push({ since: row.since.getTime(), health: health ?? undefined, revision });
      }
    }
    return told.reverse();
  }

  async tell(service: string, told: readonly ToldRun[], basis: Basis): Promise<boolean> {
    const writetime = this.#writetimeOf(basis);
    return await this.#unlessForgotten(basis, async (client) => {
      for (const { since, health, revision } of told) {
        const value = types.Tuple.fromArray([health ?? null, revision]);
        await client.execute(this.#statements.tell, [service, since, value, this.#ttl, writetime]);
      }
    });
  }

  async toldFrom(time: number): Promise<number> {
    const { toldFrom } = await this.#watch();
    if (toldFrom !== 0 && toldFrom <= time) return toldFrom;
    const isWritten = await this.#write((client) => client.execute(this.#statements.tellFrom, [time]));
    return isWritten ? (await this.#watch()).toldFrom : time;
  }

  async *set(): AsyncGenerator<readonly SetService[]> {
    for await (const rows of this.#pages(this.#statements.set, [])) {
      const some = rows.map(setServiceOf).filter(({ isRetired, work }) => isRetired || work !== undefined);
      if (some.length > 0) yield some;
    }
  }

  async retire(service: string, isRetired: boolean): Promise<boolean> {
    return await this.#set(this.#statements.retire, service, isRetired || null);
  }

  async plan(service: string, work: PlannedWork | undefined): Promise<boolean> {
    return await this.#set(this.#statements.plan, service, workCellOf(work));
  }

  /** Forgets what rests on pulses that were read up to now. */
  async forget(client: Cql, service: string): Promise<void> {
    const writetime = this.#options.tables.now() * 1000;
    for (const statement of this.#statements.forget) await client.execute(statement, [writetime, service]);
    await forgetSet(client, this.#statements, service, writetime);
  }

  // A null deletes, and would hide what is set later at the same time.
  #set(query: string, service: string, value: unknown): Promise<boolean> {
    this.#lastSet = Math.max(this.#lastSet + 1, this.#options.tables.now() * 1000);
    const writetime = this.#lastSet;
    return this.#write(async (client) => {
      if (value === null && !(await isAnySet(client, this.#statements, service))) return;
      await client.execute(query, [writetime, value, service]);
    });
  }

  async #watch(): Promise<{ judgedUntil: number; toldFrom: number }> {
    const row = (await (await this.#client()).execute(this.#statements.watch, [])).first();
    return { judgedUntil: row?.judged_until?.getTime() ?? 0, toldFrom: row?.told_from?.getTime() ?? 0 };
  }

  async *#pages(query: string, params: unknown[]): AsyncGenerator<types.Row[]> {
    yield* pagesOf(await this.#client(), { query, params }, () => PAGE_ROWS);
  }

  async #client(): Promise<Cql> {
    return (await this.#options.tables.session.insist()).client;
  }

  // Changes of one basis follow each other: each removes what the one before it wrote.
  #writetimeOf({ asOf }: Basis): number {
    this.#sameBasis = asOf === this.#lastAsOf ? Math.min(this.#sameBasis + 1, MAX_OF_ONE_BASIS) : 0;
    this.#lastAsOf = asOf;
    return asOf * 1000 + 2 * this.#sameBasis;
  }

  #unlessForgotten({ forgotten }: Basis, work: (client: Cql) => Promise<unknown>): Promise<boolean> {
    return this.#write(async (client) => {
      const isSame = (await this.#options.eras.now(client)) === forgotten;
      if (isSame) await work(client);
      return isSame;
    });
  }

  /** False when Cassandra does not take it at the moment, or the work says so. */
  async #write(work: (client: Cql) => Promise<unknown>): Promise<boolean> {
    try {
      return (await work(await this.#client())) !== false;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }
}

function runOf(since: Date, [health, confirmedAt, cause]: [ServiceHealth, Date, string]): HealthRun {
  return { since: since.getTime(), health, confirmedAt: confirmedAt.getTime(), cause };
}

/** A time that Cassandra has. */
function timeOf(time: number): number {
  return Math.min(Math.max(0, time), END_OF_TIME_MS);
}
