// What a batch of one partition takes: its rows, a note of its bucket, the newest of its rows for `latest`, and marks for late ones.
import type { Pulse } from "../../events/pulse.ts";
import { BoundedMap } from "../bounded-map.ts";
import { settleClaims } from "./claims.ts";
import type { Cql, Statement } from "./cql.ts";
import type { WriteFailure } from "./driver-failure.ts";
import type { Eras } from "./eras.ts";
import type { LateMarks } from "./late-marks.ts";
import { bucketOf, insertOf, mapOf, type PulseRow, type PulseTables, rankOf, ttlSeconds } from "./pulse-row.ts";
import type { Ready } from "./session.ts";
import type { Partition } from "./write-queue.ts";
import { removalTimeOf, type WriteTimes, writetimeOf } from "./write-times.ts";

const MAX_REMEMBERED = 50_000;
/** What has been written is remembered for so long, or up to twice that: somebody may empty a table by hand. */
const REMEMBER_MS = 300_000;

/** A writetime that need not be written again until a time. */
interface Remembered {
  writetime: number;
  until: number;
}

/** Writes to the tables of pulses. */
export class PulseWrites {
  readonly #tables: PulseTables;
  readonly #eras: Eras;
  readonly #marks: LateMarks;
  /** Buckets that have their note, and the writetime of each service's newest pulse: neither is written again. */
  readonly #buckets = new BoundedMap<Remembered>(MAX_REMEMBERED);
  readonly #newest = new BoundedMap<Remembered>(MAX_REMEMBERED);

  constructor(tables: PulseTables, eras: Eras, marks: LateMarks) {
    this.#tables = tables;
    this.#eras = eras;
    this.#marks = marks;
  }

  /**
   * Forgets what has been written. Call it when Cassandra may have lost it: a single node that was killed may, and what an
   * era has written can be forgotten in the next.
   */
  forget(): void {
    this.#buckets.clear();
    this.#newest.clear();
  }

  /** Writes rows of one partition; resolves with what went wrong. */
  send(partition: Partition, rows: readonly PulseRow[]): Promise<WriteFailure | undefined> {
    return this.#tables.session.attempt(async (ready) => {
      const times = await this.#times(ready);
      // All at once: in Cassandra they share one fsync, and one after the other would halve what few clients can write.
      // When only the rows fail, `latest` shows a pulse that is not stored yet: its sender gets `retry` and sends it again.
      await Promise.all([
        this.#insert(ready.client, partition, rows, times),
        this.#noteBucket(ready, partition, times),
        this.#setLatest(ready.client, partition.service, rows),
      ]);
      await this.#marks.markLate(ready.client, partition.service, timesOf(rows));
      return undefined;
    });
  }

  /** Finds the time of a pulse that came without one, and removes its rows at other times; see claims.ts. */
  settle(pulse: Pulse): Promise<number | WriteFailure> {
    const { session, statements, horizon } = this.#tables;
    return session.attempt(async (ready) => {
      const times = await this.#times(ready);
      return await settleClaims(pulse, {
        statements,
        times,
        horizon,
        execute: ready.client.execute,
        replace: (time, losers) => this.#replace(ready, { pulse, time }, losers, times),
      });
    });
  }

  async #times({ client, bucketMs }: Ready): Promise<WriteTimes> {
    return { retentionMs: this.#tables.retentionMs, bucketMs, era: await this.#eras.now(client) };
  }

  async #replace(ready: Ready, row: PulseRow, losers: readonly number[], times: WriteTimes): Promise<void> {
    const { statements, horizon } = this.#tables;
    const { pulse, time } = row;
    const bucket = bucketOf(time, ready.bucketMs);
    await this.#noteBucket(ready, { service: pulse.service_name, bucket }, times);
    const removals = losers.map((loser): Statement => {
      const key = [pulse.service_name, bucketOf(loser, ready.bucketMs), loser, pulse.source, pulse.id];
      return { query: statements.remove, params: [removalTimeOf(loser, times), ...key] };
    });
    const ttl = Math.max(1, ttlSeconds(time, horizon()));
    await ready.client.batch([insertOf(statements, row, bucket, ttl, times), ...removals], { logged: true });
    await this.#marks.markLate(ready.client, pulse.service_name, [time, ...losers]);
  }

  async #insert(client: Cql, { bucket }: Partition, rows: readonly PulseRow[], times: WriteTimes): Promise<void> {
    const oldest = this.#tables.horizon();
    const inserts: Statement[] = [];
    for (const row of rows) {
      const ttl = ttlSeconds(row.time, oldest);
      // 0 or less: the row has outlived the retention while it waited. A TTL of 0 would keep it for ever.
      if (ttl > 0) inserts.push(insertOf(this.#tables.statements, row, bucket, ttl, times));
    }
    const first = inserts[0];
    if (first === undefined) return;
    if (inserts.length === 1) await client.execute(first.query, first.params);
    else await client.batch(inserts, { logged: false });
  }

  async #noteBucket({ client, bucketMs }: Ready, { service, bucket }: Partition, times: WriteTimes): Promise<void> {
    const key = `${bucket} ${service}`;
    const writetime = writetimeOf(bucket, times);
    if (this.#isWritten(this.#buckets.get(key), writetime)) return;
    const { statements, horizon } = this.#tables;
    // The note expires with the last row that the bucket can hold.
    const ttl = ttlSeconds(bucket + bucketMs, horizon());
    if (ttl <= 0) return;
    await client.execute(statements.noteBucket, [service, bucket, ttl, writetime]);
    this.#buckets.set(key, this.#remember(writetime));
  }

  #isWritten(remembered: Remembered | undefined, writetime: number): boolean {
    return remembered !== undefined && remembered.writetime >= writetime && this.#tables.now() < remembered.until;
  }

  // In part random: not all that was written together is written again together.
  #remember(writetime: number): Remembered {
    return { writetime, until: this.#tables.now() + REMEMBER_MS * (1 + Math.random()) };
  }

  async #setLatest(client: Cql, service: string, rows: readonly PulseRow[]): Promise<void> {
    const { statements, horizon } = this.#tables;
    const { row, writetime } = newestOf(rows);
    if (this.#isWritten(this.#newest.get(service), writetime)) return;
    const { pulse, time } = row;
    const ttl = ttlSeconds(time, horizon());
    if (ttl <= 0) return;
    const value = {
      event_time: time,
      event_source: pulse.source,
      event_id: pulse.id,
      latency_ms: pulse.latency_ms,
      status: pulse.status,
      metadata: mapOf(pulse.metadata) ?? null,
      is_time_of_arrival: pulse.is_time_of_arrival === true,
    };
    await client.execute(statements.setLatest, [service, value, ttl, writetime]);
    // Another batch may have set a newer one meanwhile.
    if (!this.#isWritten(this.#newest.get(service), writetime)) this.#newest.set(service, this.#remember(writetime));
  }
}

function* timesOf(rows: readonly PulseRow[]): Generator<number> {
  for (const { time } of rows) yield time;
}

/**
 * The newest of some rows, and the writetime that keeps it the latest of its service: Cassandra keeps the later writetime
 * in any order of arrival. Of pulses of one millisecond, every process chooses the same.
 */
function newestOf(rows: readonly PulseRow[]): { row: PulseRow; writetime: number } {
  let time = Number.NEGATIVE_INFINITY;
  for (const row of rows) if (row.time > time) time = row.time;
  let newest = rows[0] as PulseRow;
  let writetime = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    if (row.time !== time) continue;
    const own = time * 1000 + rankOf(row.pulse);
    if (own > writetime) [newest, writetime] = [row, own];
  }
  return { row: newest, writetime };
}
