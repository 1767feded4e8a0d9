import { createHash } from "node:crypto";
import type { types } from "cassandra-driver";
import type { Pulse } from "../../events/pulse.ts";
import type { Measure, StoredPulse } from "../ports.ts";
import type { Statement } from "./cql.ts";
import type { CassandraSession } from "./session.ts";
import { type WriteTimes, writetimeOfRow } from "./write-times.ts";

/** A pulse and the time that its row has: another than the pulse's where an earlier arrival came without a time. */
export interface PulseRow {
  pulse: Pulse;
  time: number;
}

/** What reading and writing the tables of pulses takes. */
export interface PulseTables {
  session: CassandraSession;
  statements: PulseStatements;
  retentionMs: number;
  /** The oldest time that is still shown. */
  horizon(): number;
  now(): number;
}

// Cassandra's PartitionUpdate.dataSize: 20 for a row's liveness and for each cell's timestamp, TTL and expiry, plus the
// bytes of the values. Rounded up: a batch stays under the limit and does not touch it.
const CELL_BYTES = 24;
const ROW_BYTES = 2 * CELL_BYTES + 40;

/** The bytes that the server counts for a pulse towards `batch_size_fail_threshold`, or a few more. */
export function countBytes(pulse: Pulse): number {
  // A UTF-16 unit is at most three bytes of UTF-8; only what may be long is worth an exact count.
  let bytes = ROW_BYTES + Buffer.byteLength(pulse.source) + 3 * pulse.id.length + 3 * pulse.status.length;
  for (const key in pulse.metadata) bytes += 8 + 3 * key.length + Buffer.byteLength(pulse.metadata[key] as string);
  return bytes;
}

/** Every statement on pulses of a keyspace. */
export function pulseStatements(keyspace: string) {
  const events = `${keyspace}.pulse_events_by_service`;
  const key = "event_time, event_source, event_id";
  // Rows from before the column `pulse` have what it holds in columns.
  const columns = `${key}, pulse, latency_ms, status, metadata`;
  const measured = "event_time, pulse.latency_ms AS pulse_latency_ms, pulse.status AS pulse_status, latency_ms, status";
  const partition = `FROM ${events} WHERE service_name = ? AND bucket = ?`;
  const buckets = `${keyspace}.pulse_buckets_by_service`;
  const claims = `${keyspace}.pulse_claims_by_identity`;
  const latest = `FROM ${keyspace}.latest_pulse_by_service`;
  const afterService = "WHERE token(service_name) > token(?)";
  const latestFields = ["event_time", "event_source", "event_id", "latency_ms", "status", "is_time_of_arrival"]
    .map((field) => `pulse.${field} AS ${field}`)
    .join(", ");
  return {
    insert: `INSERT INTO ${events} (service_name, bucket, ${key}, pulse) VALUES (?, ?, ?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?`,
    remove: `DELETE FROM ${events} USING TIMESTAMP ? WHERE service_name = ? AND bucket = ? AND event_time = ? AND event_source = ? AND event_id = ?`,
    newest: `SELECT ${columns} ${partition} AND event_time >= ? AND event_time < ?`,
    measures: `SELECT ${measured} ${partition} AND event_time >= ? AND event_time < ?`,
    sameTime: `SELECT ${columns} ${partition} AND event_time = ? AND (event_source, event_id) > (?, ?)`,
    isStored: `SELECT event_id ${partition} AND event_time = ? AND event_source = ? AND event_id = ?`,
    noteBucket: `INSERT INTO ${buckets} (service_name, bucket) VALUES (?, ?) USING TTL ? AND TIMESTAMP ?`,
    listBuckets: `SELECT bucket FROM ${buckets} WHERE service_name = ? AND bucket >= ? AND bucket <= ?`,
    setLatest: `INSERT INTO ${keyspace}.latest_pulse_by_service (service_name, pulse) VALUES (?, ?) USING TTL ? AND TIMESTAMP ?`,
    listLatest: `SELECT service_name, pulse ${latest}`,
    listLatestAfter: `SELECT service_name, pulse ${latest} ${afterService}`,
    listLatestBare: `SELECT service_name, ${latestFields} ${latest}`,
    listLatestBareAfter: `SELECT service_name, ${latestFields} ${latest} ${afterService}`,
    listNames: `SELECT service_name, WRITETIME(pulse) AS writetime ${latest}`,
    latestWrite: `SELECT WRITETIME(pulse) AS writetime, TTL(pulse) AS ttl ${latest} WHERE service_name = ?`,
    claim: `INSERT INTO ${claims} (service_name, event_source, event_id, claimed_time) VALUES (?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?`,
    listClaims: `SELECT claimed_time FROM ${claims} WHERE service_name = ? AND event_source = ? AND event_id = ?`,
    forgetClaim: `DELETE FROM ${claims} USING TIMESTAMP ? WHERE service_name = ? AND event_source = ? AND event_id = ? AND claimed_time = ?`,
    identities: `SELECT event_source, event_id ${partition}`,
    forgetRows: `DELETE FROM ${events} USING TIMESTAMP ? WHERE service_name = ? AND bucket = ?`,
    forgetRollups: `DELETE FROM ${keyspace}.pulse_rollups_by_service WHERE service_name = ? AND tier = ?`,
    forgetBucket: `DELETE FROM ${buckets} USING TIMESTAMP ? WHERE service_name = ? AND bucket = ?`,
    era: `SELECT era FROM ${keyspace}.pulse_eras WHERE list = 'all' LIMIT 1`,
    beginEra: `INSERT INTO ${keyspace}.pulse_eras (list, era) VALUES ('all', ?)`,
  };
}
export type PulseStatements = ReturnType<typeof pulseStatements>;

/** The bucket that holds a time. */
export function bucketOf(time: number, bucketMs: number): number {
  return Math.floor(time / bucketMs) * bucketMs;
}

/** Seconds until what happened at `time` has outlived the retention; 0 or less when it has. */
export function ttlSeconds(time: number, horizon: number): number {
  return Math.ceil((time - horizon) / 1000);
}

/** Ranks pulses of one service and one millisecond, in every process alike. */
export function rankOf(pulse: { source: string; id: string }): number {
  const digest = createHash("sha1").update(`${pulse.source}\n${pulse.id}`).digest();
  return digest.readUInt32BE(0) % 1000;
}

/** Metadata as the driver takes it: an object would lose the key `__proto__`. */
export function mapOf(metadata: Pulse["metadata"]): Map<string, string> | undefined {
  return metadata === undefined ? undefined : new Map(Object.entries(metadata));
}

/** The insert of a row. */
export function insertOf(
  { insert }: Pick<PulseStatements, "insert">,
  { pulse, time }: PulseRow,
  bucket: number,
  ttl: number,
  times: WriteTimes,
): Statement {
  const { service_name, source, id, latency_ms, status } = pulse;
  const values = { latency_ms, status, metadata: mapOf(pulse.metadata) ?? null };
  const params = [service_name, bucket, time, source, id, values, ttl, writetimeOfRow(time, times)];
  return { query: insert, params };
}

/** What a pulse says, in one cell of `pulse_events_by_service`, or in columns of a row from before that cell. */
interface PulseValues {
  latency_ms: number;
  status: string;
  metadata: Map<string, string> | null | undefined;
}

/** A pulse as `latest_pulse_by_service` holds it. */
export interface PulseColumns extends PulseValues {
  event_time: Date;
  event_source: string;
  event_id: string;
}

/** What a row of `latest_pulse_by_service` says. */
export type LatestColumns = PulseColumns & { is_time_of_arrival: boolean | null };

/** What such a row says, read whole or in fields; `null` for a service that was forgotten. */
export function latestOfRow(row: types.Row): LatestColumns | null {
  if (row.pulse !== undefined) return row.pulse;
  return row.event_time === null ? null : (row as unknown as LatestColumns);
}

/** A row of `pulse_events_by_service` as a pulse; `undefined` for a row whose values have expired before it. */
export function pulseOfRow(service: string, row: types.Row): StoredPulse | undefined {
  const values: PulseValues | null = row.pulse ?? (row.latency_ms === null || row.status === null ? null : row);
  return values === null ? undefined : pulseOf(service, row as unknown as PulseColumns, values);
}

/** A row of the statement `measures`; `undefined` for a row whose values have expired before it. */
export function measureOfRow(_service: string, row: types.Row): Measure | undefined {
  const latencyMs: number | null = row.pulse_latency_ms ?? row.latency_ms;
  const status: string | null = row.pulse_status ?? row.status;
  if (latencyMs === null || status === null) return undefined;
  return [(row.event_time as Date).getTime(), latencyMs, status];
}

/** The columns of a key and what a pulse says, as a pulse. */
export function pulseOf(service: string, columns: PulseColumns, values: PulseValues = columns): StoredPulse {
  const pulse: StoredPulse = {
    service_name: service,
    event_time: columns.event_time.getTime(),
    latency_ms: values.latency_ms,
    status: values.status,
    id: columns.event_id,
    source: columns.event_source,
  };
  if (values.metadata) pulse.metadata = Object.fromEntries(values.metadata);
  return pulse;
}
