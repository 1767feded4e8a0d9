import type { QueryOptions, types } from "cassandra-driver";
import { failureOf, reasonOf } from "./driver-failure.ts";

/** The step that this build needs at least. A step only adds, so that the build before still runs on the schema. */
export const SCHEMA_VERSION = 10;

const TABLES: Readonly<Record<string, readonly string[]>> = {
  pulse_events_by_service: [
    "bucket",
    "event_id",
    "event_source",
    "event_time",
    "latency_ms",
    "metadata",
    "pulse",
    "status",
  ],
  pulse_buckets_by_service: ["bucket", "service_name"],
  latest_pulse_by_service: ["pulse", "service_name"],
  pulse_claims_by_identity: ["claimed_time", "event_id", "event_source", "service_name"],
  pulse_rollups_by_service: ["rollup", "service_name", "start", "tier"],
  pulse_marks_by_service: ["hour", "mark", "service_name", "writer"],
  pulse_eras: ["era", "list"],
  health_runs_by_service: ["run", "service_name", "since"],
  health_by_service: ["current", "service_name"],
  health_memory_by_service: ["memory", "service_name"],
  health_told_by_service: ["service_name", "since", "told"],
  set_services: ["is_retired", "list", "service_name", "work"],
  markers_by_service: ["id", "marker", "service_name"],
  health_watch: ["judged_until", "list", "told_from"],
  dead_letters_by_id: ["data", "data_kind", "event", "facts", "id", "put_id", "reason", "replayed_at", "time"],
  dead_letters_by_day: ["day", "id", "reason", "time"],
  dead_letter_days: ["day", "list"],
};

const REMEDY = "run `npm run schema -- apply` with this process's settings";

/** The keyspace is not as this build needs it. The message names the remedy. */
export class SchemaError extends Error {
  override readonly name: string = "SchemaError";
}

/** The nodes take no more rows until there is room; nothing is wrong with the keyspace. */
export class FullDiskError extends SchemaError {
  override readonly name = "FullDiskError";
}

/** What reads the schema: a client of the driver, or a session's. */
interface Reader {
  execute(query: string, params: unknown[], options: QueryOptions): Promise<types.ResultSet>;
}

/**
 * Checks that a keyspace's tables have the columns of this build; gives its version and the time that one partition
 * spans. @throws {SchemaError}
 */
export async function verifySchema(client: Reader, keyspace: string): Promise<{ version: number; bucketMs: number }> {
  const run = (query: string) => client.execute(query, [], { prepare: false, fetchSize: 2000 });
  const { rows } = await run(
    `SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = '${keyspace}'`,
  );
  const found = new Set(rows.map((row) => `${row.table_name}.${row.column_name}`));
  if (!found.has("schema_versions.version") || !found.has("schema_facts.value")) {
    throw new SchemaError(`Expected the keyspace ${keyspace} to hold PulseMesh's tables, got none: ${REMEDY}`);
  }
  const [versions, facts] = await Promise.all([
    run(`SELECT version FROM ${keyspace}.schema_versions`),
    run(`SELECT value FROM ${keyspace}.schema_facts WHERE name = 'bucket_ms'`),
  ]);
  const version = Math.max(0, ...versions.rows.map((row) => Number(row.version)));
  if (version < SCHEMA_VERSION) {
    throw new SchemaError(
      `Expected version ${SCHEMA_VERSION} of the schema in the keyspace ${keyspace}, got ${version}: ${REMEDY}`,
    );
  }
  for (const [table, columns] of Object.entries(TABLES)) {
    const missing = columns.find((column) => !found.has(`${table}.${column}`));
    if (missing !== undefined) {
      throw new SchemaError(
        `Expected ${keyspace}.${table} to have the column ${missing}, got none, although its version is noted as ${version}: ` +
          "restore the table, or use a new keyspace",
      );
    }
  }
  const bucketMs = Number(facts.rows[0]?.value);
  if (!(bucketMs > 0)) {
    throw new SchemaError(`Expected ${keyspace}.schema_facts to have bucket_ms, got none: ${REMEDY}`);
  }
  return { version, bucketMs };
}

/**
 * Checks that no limit of the cluster's operator forbids what PulseMesh writes: timestamps from the client, as old as the
 * retention, and rows that live as long. Writes a row where nobody reads it, and removes it. Nodes check no guardrail for
 * a superuser. @throws {SchemaError}, and {@link FullDiskError} for a guardrail on the use of disks
 */
export async function verifyLimits(client: Reader, keyspace: string): Promise<void> {
  const run = (query: string) => client.execute(query, [], { prepare: false });
  const { rows } = await run(
    `SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = '${keyspace}' AND table_name = 'pulse_events_by_service'`,
  );
  const ttl = Number(rows[0]?.default_time_to_live ?? 0);
  const oldest = (Date.now() - ttl * 1000) * 1000;
  try {
    await run(
      `INSERT INTO ${keyspace}.schema_facts (name, value) VALUES ('probe', '') USING TTL ${ttl} AND TIMESTAMP ${oldest}`,
    );
    await run(`DELETE FROM ${keyspace}.schema_facts USING TIMESTAMP ${oldest} WHERE name = 'probe'`);
  } catch (error) {
    if (failureOf(error).about !== "limit") throw error;
    if (/^Guardrail \w*disk_usage violated/.test((error as Error).message)) {
      throw new FullDiskError(
        `Expected Cassandra's disks to have room, got "${reasonOf(error)}": free space or add nodes, or raise the guardrail in the nodes' cassandra.yaml`,
      );
    }
    throw new SchemaError(
      `Expected ${keyspace} to take rows that live for ${ttl / 86_400} days, with timestamps as old, got "${reasonOf(error)}": change the node's cassandra.yaml (storage_compatibility_mode for an expiry after 2038), or PULSE_RETENTION_DAYS`,
    );
  }
}
