// What a batch of one partition takes: its rows, a note of its bucket, and the newest of it for `latest`.
import type { Pulse } from "../../events/pulse.ts";
import { RecentMap } from "../recent-map.ts";
import { settleClaims } from "./claims.ts";
import type { Cql } from "./cql.ts";
import { type Failure, failureOf } from "./outcome.ts";
import {
  bucketOf,
  countBytes,
  insertOf,
  type PulseStatements,
  type Row,
  rankOf,
  type Statement,
  ttlSeconds,
  writetimeOf,
} from "./row.ts";
import type { CassandraSession, Ready } from "./session.ts";
import type { Partition } from "./write-queue.ts";

export interface PulseWritesOptions {
  session: CassandraSession;
  statements: PulseStatements;
  retentionMs: number;
  now: () => number;
}

const MAX_REMEMBERED = 50_000;

/** Writes to the tables of pulses. */
export class PulseWrites {
  readonly #options: PulseWritesOptions;
  /** Buckets that are noted, and the writetime of the newest pulse of each service: need not be written again. */
  readonly #buckets = new RecentMap<true>(MAX_REMEMBERED);
  readonly #newest = new RecentMap<number>(MAX_REMEMBERED);

  constructor(options: PulseWritesOptions) {
    this.#options = options;
  }

  /** To be called when Cassandra may have lost what it had answered: a single node that was killed may. */
  forget(): void {
    this.#buckets.clear();
    this.#newest.clear();
  }

  /** Writes rows of one partition; resolves with what went wrong. */
  async send(partition: Partition, rows: readonly Row[]): Promise<Failure | undefined> {
    const { session } = this.#options;
    const { ready } = session;
    if (ready === undefined) return notReady(session);
    try {
      // All at once: in Cassandra they share one fsync, and one after the other would halve what few clients can write.
      // When only the rows fail, `latest` names a pulse that is not there yet: its sender is told to send it again.
      await Promise.all([
        this.#insert(ready.client, partition, rows),
        this.#noteBucket(ready, partition),
        this.#setLatest(ready.client, partition.service, rows),
      ]);
      session.note(undefined);
      return undefined;
    } catch (error) {
      session.note(error);
      return failureOf(error);
    }
  }

  /** Finds the time of a pulse that has none, and removes rows of it at other times; see claims.ts. */
  async settle(pulse: Pulse): Promise<Row | Failure> {
    const { session, statements, retentionMs, now } = this.#options;
    const { ready } = session;
    if (ready === undefined) return notReady(session);
    const bytes = countBytes(pulse);
    try {
      const time = await settleClaims(pulse, {
        statements,
        retentionMs,
        now,
        execute: (query, params, options) => ready.client.execute(query, params, options),
        replace: (time, losers) => this.#replace(ready, { pulse, time, bytes }, losers),
      });
      session.note(undefined);
      return { pulse, time, bytes };
    } catch (error) {
      session.note(error);
      return failureOf(error);
    }
  }

  async #replace(ready: Ready, row: Row, losers: readonly number[]): Promise<void> {
    const { statements, retentionMs, now } = this.#options;
    const { pulse, time } = row;
    const bucket = bucketOf(time, ready.bucketMs);
    await this.#noteBucket(ready, { service: pulse.service_name, bucket });
    const removals = losers.map((loser): Statement => {
      const key = [pulse.service_name, bucketOf(loser, ready.bucketMs), loser, pulse.source, pulse.id];
      return { query: statements.remove, params: [writetimeOf(loser, 1), ...key] };
    });
    const ttl = Math.max(1, ttlSeconds(time, retentionMs, now()));
    await ready.client.batch([insertOf(statements, row, bucket, ttl), ...removals], { logged: true });
  }

  async #insert(client: Cql, { bucket }: Partition, rows: readonly Row[]): Promise<void> {
    const { statements, retentionMs, now } = this.#options;
    const moment = now();
    const inserts: Statement[] = [];
    for (const row of rows) {
      const ttl = ttlSeconds(row.time, retentionMs, moment);
      // It has outlived the retention while it waited; a TTL of 0 would keep it for ever.
      if (ttl > 0) inserts.push(insertOf(statements, row, bucket, ttl));
    }
    const first = inserts[0];
    if (first === undefined) return;
    if (inserts.length === 1) await client.execute(first.query, first.params);
    else await client.batch(inserts, { logged: false });
  }

  async #noteBucket({ client, bucketMs }: Ready, { service, bucket }: Partition): Promise<void> {
    const key = `${bucket} ${service}`;
    if (this.#buckets.get(key)) return;
    const { statements, retentionMs, now } = this.#options;
    // It goes with the last row that the bucket can hold.
    const ttl = ttlSeconds(bucket + bucketMs, retentionMs, now());
    if (ttl <= 0) return;
    await client.execute(statements.noteBucket, [service, bucket, ttl, writetimeOf(bucket)]);
    this.#buckets.set(key, true);
  }

  async #setLatest(client: Cql, service: string, rows: readonly Row[]): Promise<void> {
    const { statements, retentionMs, now } = this.#options;
    let newest: Row | undefined;
    for (const row of rows) if (newest === undefined || row.time >= newest.time) newest = row;
    if (newest === undefined) return;
    let writetime = latestWritetime(newest);
    for (const row of rows) {
      if (row.time !== newest.time || row === newest) continue;
      const other = latestWritetime(row);
      if (other > writetime) [newest, writetime] = [row, other];
    }
    const known = this.#newest.get(service);
    if (known !== undefined && known >= writetime) return;
    const { pulse, time } = newest;
    const ttl = ttlSeconds(time, retentionMs, now());
    if (ttl <= 0) return;
    const value = {
      event_time: time,
      event_source: pulse.source,
      event_id: pulse.id,
      latency_ms: pulse.latency_ms,
      status: pulse.status,
      metadata: pulse.metadata === undefined ? null : new Map(Object.entries(pulse.metadata)),
      is_time_of_arrival: pulse.is_time_of_arrival === true,
    };
    await client.execute(statements.setLatest, [service, value, ttl, writetime]);
    // Another may have set a newer one meanwhile.
    if ((this.#newest.get(service) ?? 0) < writetime) this.#newest.set(service, writetime);
  }
}

// The later pulse has the later writetime, so that Cassandra itself keeps it, in whatever order they come; of pulses of
// one millisecond the same one is kept everywhere.
function latestWritetime({ pulse, time }: Row): number {
  return writetimeOf(time, rankOf(pulse));
}

/** The failure of whatever is asked of a session that is not ready. */
export function notReady(session: CassandraSession): Failure {
  return { outcome: { kind: "retry", reason: session.failure, retryAfterMs: 1000 }, about: "away" };
}
