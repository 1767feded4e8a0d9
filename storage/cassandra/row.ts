import { createHash } from "node:crypto";
import type { types } from "cassandra-driver";
import type { Pulse } from "../../events/pulse.ts";
import type { StoredPulse } from "../ports.ts";

/** A statement with its values, as the driver takes it. */
export interface Statement {
  query: string;
  params: unknown[];
}

/** A row that waits to be written. */
export interface Row {
  pulse: Pulse;
  /** Differs from the pulse's own where it came without a time before. */
  time: number;
  /** What the server will count for it. */
  bytes: number;
}

// Cassandra's PartitionUpdate.dataSize: 20 for a row's liveness and for each cell's timestamp, TTL and expiry, plus the
// bytes of the values. Rounded up: a batch is to stay under the limit, not to touch it.
const CELL_BYTES = 24;
const ROW_BYTES = 5 * CELL_BYTES + 16;

/** The bytes that the server counts for a pulse towards `batch_size_fail_threshold`, or a few more. */
export function countBytes(pulse: Pulse): number {
  // A UTF-16 unit is at most three bytes of UTF-8; counting them exactly is worth it for what may be long only.
  let bytes = ROW_BYTES + Buffer.byteLength(pulse.source) + 3 * pulse.id.length + 3 * pulse.status.length;
  for (const key in pulse.metadata) bytes += 8 + 3 * key.length + Buffer.byteLength(pulse.metadata[key] as string);
  return bytes;
}

/** Every statement on pulses of a keyspace. */
export function pulseStatements(keyspace: string) {
  const events = `${keyspace}.pulse_events_by_service`;
  const key = "service_name, bucket, event_time, event_source, event_id, latency_ms, status";
  const columns = "event_time, event_source, event_id, latency_ms, status, metadata";
  const partition = `SELECT ${columns} FROM ${events} WHERE service_name = ? AND bucket = ?`;
  const buckets = `${keyspace}.pulse_buckets_by_service`;
  const claims = `${keyspace}.pulse_claims_by_identity`;
  return {
    insert: `INSERT INTO ${events} (${key}) VALUES (?, ?, ?, ?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?`,
    insertWithMetadata: `INSERT INTO ${events} (${key}, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?`,
    remove: `DELETE FROM ${events} USING TIMESTAMP ? WHERE service_name = ? AND bucket = ? AND event_time = ? AND event_source = ? AND event_id = ?`,
    newest: `${partition} AND event_time >= ? AND event_time < ?`,
    sameTime: `${partition} AND event_time = ? AND (event_source, event_id) > (?, ?)`,
    isStored: `SELECT event_id FROM ${events} WHERE service_name = ? AND bucket = ? AND event_time = ? AND event_source = ? AND event_id = ?`,
    noteBucket: `INSERT INTO ${buckets} (service_name, bucket) VALUES (?, ?) USING TTL ? AND TIMESTAMP ?`,
    listBuckets: `SELECT bucket FROM ${buckets} WHERE service_name = ? AND bucket >= ? AND bucket <= ?`,
    setLatest: `INSERT INTO ${keyspace}.latest_pulse_by_service (service_name, pulse) VALUES (?, ?) USING TTL ? AND TIMESTAMP ?`,
    listLatest: `SELECT service_name, pulse FROM ${keyspace}.latest_pulse_by_service`,
    claim: `INSERT INTO ${claims} (service_name, event_source, event_id, claimed_time) VALUES (?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?`,
    listClaims: `SELECT claimed_time FROM ${claims} WHERE service_name = ? AND event_source = ? AND event_id = ?`,
  };
}
export type PulseStatements = ReturnType<typeof pulseStatements>;

/** The bucket that a time lies in. */
export function bucketOf(time: number, bucketMs: number): number {
  return Math.floor(time / bucketMs) * bucketMs;
}

/** Seconds until what happened at `time` has outlived the retention; 0 or less when it has. */
export function ttlSeconds(time: number, retentionMs: number, now: number): number {
  return Math.ceil((time + retentionMs - now) / 1000);
}

/**
 * The writetime in µs of what belongs to `time`: of the row, not of the moment. Written again, a row is the same row;
 * time windows hold what happened in them; and `step` 1 to 999 outranks it, whenever the row's own write arrives.
 */
export function writetimeOf(time: number, step = 0): number {
  return time * 1000 + step;
}

/** Tells apart pulses of one service and one millisecond, the same in every process. */
export function rankOf(pulse: { source: string; id: string }): number {
  const digest = createHash("sha1").update(`${pulse.source}\n${pulse.id}`).digest();
  return digest.readUInt32BE(0) % 1000;
}

/** The insert of a row. Columns that a pulse has not are not named: a null would be a tombstone. */
export function insertOf(statements: PulseStatements, row: Row, bucket: number, ttl: number): Statement {
  const { pulse, time } = row;
  const params: unknown[] = [pulse.service_name, bucket, time, pulse.source, pulse.id, pulse.latency_ms, pulse.status];
  if (pulse.metadata === undefined) {
    params.push(ttl, writetimeOf(time));
    return { query: statements.insert, params };
  }
  params.push(new Map(Object.entries(pulse.metadata)), ttl, writetimeOf(time));
  return { query: statements.insertWithMetadata, params };
}

/** A pulse as `pulse_events_by_service` and `latest_pulse_by_service` hold it. */
export interface PulseColumns {
  event_time: Date;
  event_source: string;
  event_id: string;
  latency_ms: number;
  status: string;
  metadata: Map<string, string> | null | undefined;
}

/** A row as it is read back. */
export function pulseOf(service: string, row: types.Row | PulseColumns): StoredPulse {
  const columns = row as PulseColumns;
  const pulse: StoredPulse = {
    service_name: service,
    event_time: columns.event_time.getTime(),
    latency_ms: columns.latency_ms,
    status: columns.status,
    id: columns.event_id,
    source: columns.event_source,
  };
  if (columns.metadata) pulse.metadata = Object.fromEntries(columns.metadata);
  return pulse;
}
