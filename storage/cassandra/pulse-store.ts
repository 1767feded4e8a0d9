// Start here: pulses in Cassandra. Siblings: session.ts connects, write-queue.ts gathers rows into batches,
// pulse-writes.ts writes them, claims.ts finds the time of a pulse that came without, pulse-reads.ts reads, row.ts has
// the statements, outcome.ts says what an error means; schema-*.ts and schema/ make the tables.
//
// 1. A `stored` is at a quorum of the replicas of the local data centre.
// 2. Whatever is written twice is the same row: its key and its writetime come from the pulse, not from the moment.
// 3. What has outlived the retention is never shown, and goes by itself: a row's TTL is what its event has left.
import type { Parsed } from "../../events/fault.ts";
import type { Pulse } from "../../events/pulse.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import type { PulsePage, PulseReader, PulseWriter, Span, StoredPulse, StoreLifecycle, WriteOutcome } from "../ports.ts";
import type { Failure } from "./outcome.ts";
import { PulseReads } from "./pulse-reads.ts";
import { PulseWrites } from "./pulse-writes.ts";
import { bucketOf, countBytes, pulseStatements, type Row } from "./row.ts";
import { CassandraSession } from "./session.ts";
import { type StoreBatch, WriteGroup, WriteQueue } from "./write-queue.ts";

export interface CassandraPulseStoreOptions {
  settings: CassandraSettings;
  /** Pulses are shown until they are this old. */
  retentionMs: number;
  /** Rows that may wait; a write beyond is `retry`. @default 100_000 */
  maxQueuedRows?: number;
  /** Batches of one partition on their way at one time. @default 6 */
  maxInFlightPerPartition?: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
  /** Told of every batch. */
  onBatch?: (batch: StoreBatch) => void;
}

const STORED: WriteOutcome = { kind: "stored" };
const FULL: WriteOutcome = { kind: "retry", reason: "Too many rows wait for Cassandra", retryAfterMs: 1000 };
const CLOSED: WriteOutcome = { kind: "retry", reason: "The store is closed", retryAfterMs: 1000 };
/** Pulses whose time is being settled at one time: two reads and a write each. */
const MAX_SETTLING = 64;

/** Opens the store: it connects in the background, and `check` says when it is ready. Never throws. */
export function openCassandraPulseStore(options: CassandraPulseStoreOptions): CassandraPulseStore {
  return new CassandraPulseStore(options);
}

/** Pulses in Cassandra; any number of processes may have the same keyspace open. */
export class CassandraPulseStore implements PulseWriter, PulseReader, StoreLifecycle {
  readonly #session: CassandraSession;
  readonly #writes: PulseWrites;
  readonly #reads: PulseReads;
  readonly #queue: WriteQueue;
  readonly #horizon: () => number;
  readonly #maxQueuedRows: number;
  readonly #underWay = new Set<Promise<WriteOutcome>>();
  #settlingRows = 0;
  #closed: Promise<void> | undefined;

  constructor(options: CassandraPulseStoreOptions) {
    const { settings, retentionMs, now = Date.now, maxQueuedRows = 100_000, maxInFlightPerPartition = 6 } = options;
    const statements = pulseStatements(settings.keyspace);
    const session = new CassandraSession({ settings, onBreak: () => this.#writes.forget() });
    this.#session = session;
    this.#writes = new PulseWrites({ session, statements, retentionMs, now });
    this.#reads = new PulseReads({ session, statements, retentionMs, now });
    this.#queue = new WriteQueue({
      send: (partition, rows) => this.#writes.send(partition, rows),
      maxInFlight: settings.maxInFlight,
      maxInFlightPerPartition,
      maxBatchBytes: settings.maxBatchBytes,
      maxWaitMs: 3 * settings.requestTimeoutMs,
      onBatch: options.onBatch,
    });
    this.#horizon = () => now() - retentionMs;
    this.#maxQueuedRows = maxQueuedRows;
  }

  /** Rows that wait or are on their way. */
  get queuedRows(): number {
    return this.#queue.queuedRows + this.#settlingRows;
  }

  /** How many of Cassandra's nodes can be reached, and how many cannot. */
  get nodes(): { up: number; down: number } {
    return this.#session.nodes;
  }

  write(pulses: readonly Pulse[]): Promise<WriteOutcome> {
    if (this.#closed !== undefined) return Promise.resolve(CLOSED);
    if (this.#session.ready === undefined) {
      return Promise.resolve({ kind: "retry", reason: this.#session.failure, retryAfterMs: 1000 });
    }
    // A single write is taken whatever its size when nothing waits: it would never find more room.
    if (this.queuedRows > 0 && this.queuedRows + pulses.length > this.#maxQueuedRows) return Promise.resolve(FULL);
    const outcome = this.#enqueue(pulses, this.#session.ready.bucketMs);
    this.#underWay.add(outcome);
    void outcome.then(() => this.#underWay.delete(outcome));
    return outcome;
  }

  latest(): Promise<StoredPulse[]> {
    return this.#reads.latest();
  }

  page(service: string, span: Span, limit: number, cursor?: string): Promise<Parsed<PulsePage>> {
    return this.#reads.page(service, span, limit, cursor);
  }

  scan(service: string, span: Span): AsyncIterable<readonly StoredPulse[]> {
    return this.#reads.scan(service, span);
  }

  check(): Promise<void> {
    return this.#session.check();
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      while (this.#underWay.size > 0) await Promise.all(this.#underWay);
      await this.#session.close();
    })();
    return this.#closed;
  }

  async #enqueue(pulses: readonly Pulse[], bucketMs: number): Promise<WriteOutcome> {
    const horizon = this.#horizon();
    // What has outlived the retention would not be shown: it is as good as stored.
    const kept = pulses.filter((pulse) => pulse.event_time > horizon);
    if (kept.length === 0) return STORED;
    return await new Promise((answer) => {
      const group = new WriteGroup(kept.length, answer);
      const timeless: Pulse[] = [];
      for (const pulse of kept) {
        if (pulse.is_time_of_arrival) timeless.push(pulse);
        else this.#add({ pulse, time: pulse.event_time, bytes: countBytes(pulse) }, bucketMs, group);
      }
      if (timeless.length > 0) void this.#settleAll(timeless, bucketMs, group);
    });
  }

  #add(row: Row, bucketMs: number, group: WriteGroup): void {
    this.#queue.add(row.pulse.service_name, bucketOf(row.time, bucketMs), row, group);
  }

  async #settleAll(pulses: readonly Pulse[], bucketMs: number, group: WriteGroup): Promise<void> {
    this.#settlingRows += pulses.length;
    let next = 0;
    let away: Failure | undefined;
    const work = async () => {
      for (let pulse = pulses[next++]; pulse !== undefined; pulse = pulses[next++]) {
        // When no node answers, the others are not asked for: each would take as long to fail.
        const settled: Row | Failure = away ?? (await this.#writes.settle(pulse));
        this.#settlingRows--;
        if ("pulse" in settled) {
          this.#add(settled, bucketMs, group);
          continue;
        }
        if (settled.about === "away") away = settled;
        group.settle(1, settled.outcome);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_SETTLING, pulses.length) }, work));
  }
}
