// Start here: pulses in Cassandra. Siblings: session.ts connects, write-queue.ts gathers rows into batches,
// pulse-writes.ts writes them, claims.ts settles the time of a pulse that came without one, pulse-reads.ts reads by the
// plan of bucket-plan.ts, pulse-row.ts has the statements, write-times.ts the writetimes; forget.ts removes services and
// begins an era (eras.ts) for it; late-marks.ts and rollup-store.ts keep what is known of the past,
// health-store.ts how services are; driver-failure.ts says what an error means; schema-*.ts and schema/ make the tables.
//
// 1. A `stored` is at a quorum of the replicas of the local data centre.
// 2. A pulse that is written twice is the same row: its key and its writetime come from the pulse, the retention and the
//    era, not from the moment. What it says is one cell: of two pulses with one key, one is kept whole.
// 3. What has outlived the retention is never shown, and expires: a row's TTL is the time that its event has left.
import type { Parsed } from "../../events/fault.ts";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import type { HealthStore } from "../health-ports.ts";
import type { MarkerStore } from "../marker-ports.ts";
import { type NotStored, retry, STORED } from "../outcome.ts";
import type {
  Measure,
  PulseForgetter,
  PulsePage,
  PulseReader,
  PulseWriter,
  RollupStore,
  StoreBatch,
  StoredPulse,
  StoreLifecycle,
  WriteOutcome,
} from "../ports.ts";
import type { Span } from "../span.ts";
import { ClockSkew } from "./clock-skew.ts";
import type { WriteFailure } from "./driver-failure.ts";
import { Eras } from "./eras.ts";
import { forgetServices } from "./forget.ts";
import { CassandraHealthStore } from "./health-store.ts";
import { LateMarks } from "./late-marks.ts";
import { CassandraMarkerStore } from "./marker-store.ts";
import { PulseReads } from "./pulse-reads.ts";
import { bucketOf, countBytes, type PulseTables, pulseStatements } from "./pulse-row.ts";
import { PulseWrites } from "./pulse-writes.ts";
import { CassandraRollupStore } from "./rollup-store.ts";
import { CassandraSession } from "./session.ts";
import { WriteGroup, WriteQueue } from "./write-queue.ts";

export interface CassandraPulseStoreOptions {
  settings: CassandraSettings;
  /** Pulses are shown until they are this old. */
  retentionMs: number;
  /** What is known of a day is kept until it is this old. @default 400 days */
  historyMs?: number;
  /** Rows that may wait; a write beyond is `retry`. @default 100_000 */
  maxQueuedRows?: number;
  /** Batches of one partition on their way at one time. @default 6 */
  maxInFlightPerPartition?: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
  /** Called after every batch. */
  onBatch?: (batch: StoreBatch) => void;
  /** Gets a line when Cassandra is away, with the reason, and when it answers again. */
  onLine?: (line: string) => void;
}

const FULL: NotStored = retry("Too many rows wait for Cassandra");
/** Pulses of one write whose time is being settled at one time: two reads and a write each. */
const MAX_SETTLING = 64;

/** Opens the store: it connects in the background, and `check` says when it is ready. @throws {SettingsError}, and nothing else */
export function openCassandraPulseStore(options: CassandraPulseStoreOptions): CassandraPulseStore {
  return new CassandraPulseStore(options);
}

/** Pulses in Cassandra; any number of processes may have the same keyspace open. */
export class CassandraPulseStore implements PulseWriter, PulseReader, PulseForgetter, StoreLifecycle {
  /** What is known of the past, beside its pulses. */
  readonly rollups: RollupStore;
  readonly #health: CassandraHealthStore;
  readonly #markers: CassandraMarkerStore;
  readonly #session: CassandraSession;
  readonly #tables: PulseTables;
  readonly #eras: Eras;
  readonly #marks: LateMarks;
  readonly #skew: ClockSkew;
  readonly #writes: PulseWrites;
  readonly #reads: PulseReads;
  readonly #queue: WriteQueue;
  readonly #horizon: () => number;
  readonly #maxQueuedRows: number;
  #settlingRows = 0;

  constructor(options: CassandraPulseStoreOptions) {
    const { settings, retentionMs, historyMs = 400 * DAY_MS, now = Date.now } = options;
    const { maxQueuedRows = 100_000, maxInFlightPerPartition = 6 } = options;
    this.#horizon = () => now() - retentionMs;
    this.#maxQueuedRows = maxQueuedRows;
    this.#session = new CassandraSession({
      settings,
      onBreak: () => this.#writes.forget(),
      onLine: options.onLine,
    });
    this.#skew = new ClockSkew(this.#session, now);
    const statements = pulseStatements(settings.keyspace);
    this.#tables = { session: this.#session, statements, retentionMs, horizon: this.#horizon, now };
    this.#eras = new Eras(statements, () => this.#writes.forget());
    const sealAfterMs = settings.sealSeconds * 1000;
    const { keyspace } = settings;
    this.#marks = new LateMarks({ keyspace, sealAfterMs, now, horizon: this.#horizon });
    this.rollups = new CassandraRollupStore({ keyspace, tables: this.#tables, sealAfterMs, historyMs });
    this.#health = new CassandraHealthStore({ keyspace, tables: this.#tables, eras: this.#eras, historyMs });
    this.#markers = new CassandraMarkerStore({ keyspace, tables: this.#tables, historyMs });
    this.#writes = new PulseWrites(this.#tables, this.#eras, this.#marks);
    this.#reads = new PulseReads(this.#tables, options.onLine);
    this.#queue = new WriteQueue({
      send: (partition, rows) => this.#writes.send(partition, rows),
      maxInFlight: settings.maxInFlight,
      maxInFlightPerPartition,
      maxBatchBytes: settings.maxBatchBytes,
      maxWaitMs: 3 * settings.requestTimeoutMs,
      onBatch: options.onBatch,
    });
  }

  /** How its services are, and since when. */
  get health(): HealthStore {
    return this.#health;
  }

  /** What changed with them. */
  get markers(): MarkerStore {
    return this.#markers;
  }

  /** Rows that wait or are on their way. */
  get queuedRows(): number {
    return this.#queue.queuedRows + this.#settlingRows;
  }

  /** How many of Cassandra's nodes can be reached, and how many cannot. */
  get nodes(): { up: number; down: number } {
    return this.#session.nodes;
  }

  /** Seconds by which a node's clock is ahead of this process's, as seen lately. */
  get clockSkewSeconds(): number | undefined {
    return this.#skew.seconds;
  }

  write(pulses: readonly Pulse[]): Promise<WriteOutcome> {
    const connection = this.#session.forWrite;
    if ("kind" in connection) return Promise.resolve(connection);
    // A single write of any size is taken when nothing waits: it would never find more room.
    if (this.queuedRows > 0 && this.queuedRows + pulses.length > this.#maxQueuedRows) return Promise.resolve(FULL);
    return this.#session.follow(this.#enqueue(pulses, connection.bucketMs));
  }

  latest(after?: string, isBare = false): AsyncIterable<readonly StoredPulse[]> {
    return this.#reads.latest(after, isBare);
  }

  names(): AsyncIterable<readonly string[]> {
    return this.#reads.names();
  }

  page(service: string, span: Span, limit: number, cursor?: string): Promise<Parsed<PulsePage>> {
    return this.#reads.page(service, span, limit, cursor);
  }

  scan(service: string, span: Span): AsyncIterable<readonly StoredPulse[]> {
    return this.#reads.scan(service, span);
  }

  measures(service: string, span: Span): AsyncIterable<readonly Measure[]> {
    return this.#reads.measures(service, span);
  }

  forget(services: readonly string[], onForgotten = (_: string) => {}): Promise<void> {
    const kept = [this.#health, this.#markers];
    return forgetServices(services, { tables: this.#tables, kept, eras: this.#eras, marks: this.#marks, onForgotten });
  }

  check(): Promise<void> {
    return this.#session.check();
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #enqueue(pulses: readonly Pulse[], bucketMs: number): Promise<WriteOutcome> {
    const horizon = this.#horizon();
    // A pulse that has outlived the retention would not be shown: it is as good as stored.
    const kept = pulses.filter((pulse) => pulse.event_time > horizon);
    if (kept.length === 0) return STORED;
    return await new Promise((answer, fail) => {
      const group = new WriteGroup(kept.length, answer, fail);
      const timeless: Pulse[] = [];
      for (const pulse of kept) {
        if (pulse.is_time_of_arrival) timeless.push(pulse);
        else this.#add(pulse, pulse.event_time, bucketMs, group);
      }
      if (timeless.length > 0) void this.#settleAll(timeless, bucketMs, group);
    });
  }

  #add(pulse: Pulse, time: number, bucketMs: number, group: WriteGroup): void {
    this.#queue.add(pulse.service_name, bucketOf(time, bucketMs), { pulse, time, bytes: countBytes(pulse), group });
  }

  // Workers that share one iterator, not p-limit: its queue costs 6 % more CPU a pulse here, measured on a real node.
  async #settleAll(pulses: readonly Pulse[], bucketMs: number, group: WriteGroup): Promise<void> {
    this.#settlingRows += pulses.length;
    const waiting = pulses.values();
    let away: WriteFailure | undefined;
    const work = async () => {
      for (const pulse of waiting) {
        // When no node answers, the other pulses do not ask: each would take as long to fail.
        const settled = away ?? (await this.#writes.settle(pulse));
        this.#settlingRows--;
        if (typeof settled === "number") {
          this.#add(pulse, settled, bucketMs, group);
          continue;
        }
        if (settled.about === "away") away = settled;
        group.settle(1, settled.outcome);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_SETTLING, pulses.length) }, work));
  }
}
