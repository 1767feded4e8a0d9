// Start here: pulses in one SQLite file. Siblings: pulse-schema.ts has the tables, pulse-rows.ts and pulse-statements.ts what is done with
// them; store-file.ts owns the file, which database.ts opens, group-commit.ts writes and purge.ts cleans. rollup-store.ts and
// rollup-rows.ts keep rollups, health-store.ts and health-rows.ts health.
//
// 1. A `stored` is on disk: no answer before COMMIT has returned under synchronous = FULL.
// 2. A pulse is stored once: the identity has a unique index, and the first to come stays.
// 3. What has outlived the retention is never shown, deleted or not.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Parsed } from "../../events/fault.ts";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { countFitting, cutPage, decodeCursor, type PulseCursor } from "../cursor.ts";
import type { HealthStore } from "../health-ports.ts";
import type { MarkerStore } from "../marker-ports.ts";
import type {
  Measure,
  PulseCounter,
  PulseForgetter,
  PulsePage,
  PulseReader,
  PulseWriter,
  RollupStore,
  StoredPulse,
  StoreLifecycle,
  WriteOutcome,
} from "../ports.ts";
import type { Span } from "../span.ts";
import { openSqliteDatabase, type SqliteSpace } from "./database.ts";
import { HealthRows } from "./health-rows.ts";
import { SqliteHealthStore } from "./health-store.ts";
import { MarkerRows, SqliteMarkerStore } from "./marker-store.ts";
import { type MeasureRow, PulseRows } from "./pulse-rows.ts";
import { pulseSchema } from "./pulse-schema.ts";
import { RollupRows } from "./rollup-rows.ts";
import { SqliteRollupStore } from "./rollup-store.ts";
import { type SqliteStoreOptions, StoreFile } from "./store-file.ts";

const CHUNK_ROWS = 1000;
/** Of a chunk; some 2 ms. */
const MEASURES = 4000;
/** With metadata at its limits a pulse is 35 KB. */
const LATEST_ROWS = 200;
/** A writer may have to wait for one chunk. */
const FORGET_ROWS = 500;

/** Opens the store, or makes it. @throws {StoreError} that names the remedy. */
export function openSqlitePulseStore(options: SqliteStoreOptions): SqlitePulseStore {
  return new SqlitePulseStore(options);
}

/** Pulses in a SQLite file that several processes may have open at once. */
export class SqlitePulseStore implements PulseWriter, PulseReader, PulseCounter, PulseForgetter, StoreLifecycle {
  /** What is known of the past, beside its pulses. */
  readonly rollups: RollupStore;
  /** How its services are, and since when. */
  readonly health: HealthStore;
  /** What changed with them. */
  readonly markers: MarkerStore;
  readonly #rows: PulseRows;
  readonly #file: StoreFile<readonly Pulse[]>;

  constructor(options: SqliteStoreOptions) {
    const database = openSqliteDatabase(options, pulseSchema);
    const { historyMs = 400 * DAY_MS, now = Date.now } = options;
    const rollups = new RollupRows(database);
    const health = new HealthRows(database);
    const markers = new MarkerRows(database);
    this.#rows = new PulseRows(database, { rollups, health, markers, oldestDay: () => now() - historyMs });
    this.#file = new StoreFile(database, options, this.#rows);
    this.rollups = new SqliteRollupStore({ rows: rollups, file: this.#file, historyMs, now });
    this.health = new SqliteHealthStore({ rows: health, rollups, file: this.#file, historyMs, now });
    this.markers = new SqliteMarkerStore({ rows: markers, file: this.#file, historyMs, now });
  }

  /** Rows that wait for their transaction. */
  get queuedRows(): number {
    return this.#file.queuedRows;
  }

  /** The bytes that the file takes, and those that it may still take. */
  get space(): SqliteSpace {
    return this.#file.space;
  }

  write(pulses: readonly Pulse[]): Promise<WriteOutcome> {
    return this.#file.write(pulses, pulses.length);
  }

  async *latest(after?: string, isBare = false): AsyncGenerator<readonly StoredPulse[]> {
    const limit = isBare ? CHUNK_ROWS : LATEST_ROWS;
    let last = after;
    do {
      const pulses = this.#file.read(() => this.#rows.latest(last, this.#file.horizon, limit, isBare));
      if (pulses.length > 0) yield pulses;
      last = pulses.length < limit ? undefined : pulses.at(-1)?.service_name;
      if (last !== undefined) await nextTurn();
    } while (last !== undefined);
  }

  async *names(): AsyncGenerator<readonly string[]> {
    let after: string | undefined;
    do {
      const names = this.#file.read(() => this.#rows.names(after, this.#file.horizon, CHUNK_ROWS));
      if (names.length > 0) yield names;
      after = names.length < CHUNK_ROWS ? undefined : names.at(-1);
      if (after !== undefined) await nextTurn();
    } while (after !== undefined);
  }

  async page(service: string, span: Span, limit: number, cursor?: string): Promise<Parsed<PulsePage>> {
    const after = decodeCursor<PulseCursor>(cursor, 3);
    if (!after.ok) return after;
    // One more than the page holds tells whether another page follows.
    const pulses = this.#select(service, span, limit + 1, after.value);
    return { ok: true, value: { pulses, ...cutPage(pulses, countFitting(pulses, limit), cursorOf) } };
  }

  // Each chunk is a separate query: one that stays open keeps SQLite from starting the log over while the reader dawdles.
  async *scan(service: string, span: Span): AsyncGenerator<readonly StoredPulse[]> {
    let after: PulseCursor | undefined;
    do {
      const pulses = this.#select(service, span, CHUNK_ROWS, after);
      if (pulses.length > 0) yield pulses;
      after = pulses.length < CHUNK_ROWS ? undefined : cursorOf(pulses.at(-1) as StoredPulse);
      // Without it, a long scan whose reader never waits would hold up everything else in this process.
      if (after !== undefined) await nextTurn();
    } while (after !== undefined);
  }

  async *measures(service: string, span: Span): AsyncGenerator<readonly Measure[]> {
    let before: MeasureRow | undefined;
    do {
      const from = Math.max(span.from, this.#file.horizon);
      const { to } = span;
      const measures = this.#file.read(() => this.#rows.measures(service, { from, to }, MEASURES, before));
      // Each is a measure with one number more.
      if (measures.length > 0) yield measures as readonly (readonly unknown[])[] as readonly Measure[];
      before = measures.length < MEASURES ? undefined : measures.at(-1);
      if (before !== undefined) await nextTurn();
    } while (before !== undefined);
  }

  async count(service: string, { from, to }: Span): Promise<number> {
    return this.#file.read(() => this.#rows.count(service, { from: Math.max(from, this.#file.horizon), to }));
  }

  async forget(services: readonly string[], onForgotten = (_: string) => {}): Promise<void> {
    for (const service of services) {
      await this.#file.change(() => this.#rows.detach(service));
      // Chunks with pauses, so that writers get their turn. What an interruption leaves, the purge of a writer deletes.
      while (await this.#file.change(() => this.#rows.deleteDetached(FORGET_ROWS))) await nextTurn();
      onForgotten(service);
    }
  }

  async check(): Promise<void> {
    this.#file.read(() => this.#rows.probe());
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #select(service: string, span: Span, limit: number, after: PulseCursor | undefined): StoredPulse[] {
    const from = Math.max(span.from, this.#file.horizon);
    return this.#file.read(() => this.#rows.select(service, { from, to: span.to }, limit, after));
  }
}

function cursorOf({ event_time, source, id }: StoredPulse): PulseCursor {
  return [event_time, source, id];
}
