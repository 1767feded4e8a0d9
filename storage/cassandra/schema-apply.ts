import type { Client } from "cassandra-driver";
import { DAY_MS } from "../../events/time.ts";
import { type SchemaClient, schemaClientOf } from "./schema-client.ts";
import {
  foundationOf,
  type Migration,
  mapLiteral,
  replicationOf,
  retentionSecondsOf,
  type SchemaPlan,
  statementsOf,
  windowsOf,
} from "./schema-files.ts";
import { withSchemaLock } from "./schema-lock.ts";
import { SchemaError } from "./schema-verify.ts";

export interface ApplyOptions {
  client: Client;
  plan: SchemaPlan;
  migrations: readonly Migration[];
  /** Changes the replicas of a keyspace that exists already. */
  hasReplicationSetting: boolean;
  say: (line: string) => void;
  /** How long another may hold the lock. @default 150_000 */
  lockTimeoutMs?: number;
}

/** How a keyspace may have noted the first steps: by the checksum of the whole file, in which a comment could not change. */
const WHOLE_FILE_CHECKSUMS: ReadonlySet<string | undefined> = new Set([
  "db5069d35d1af892ee0931d9175c4bf07eaab8c5c778e338020294c1c545b38e", // 001-pulses.cql
  "a43f38aeb854b41d4564673d1b6da73e44e16d8d936b12aa239f7802dd2af776", // 002-claims.cql
  "89fbed02a2ec21e7d2dee2532dda684f706bb65ea762cc78b87e3f3c1c4810c1", // 003-dead-letters.cql
]);

/** Brings a keyspace to the last step, from any step; does nothing when it is there. Two at once take turns. */
export async function applySchema(options: ApplyOptions): Promise<void> {
  const { plan, say, lockTimeoutMs } = options;
  const { keyspace } = plan;
  const client = schemaClientOf(options.client);
  const [makeKeyspace, makeLock, ...makeNotes] = foundationOf(plan);
  const found = await client.run(
    `SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = '${keyspace}'`,
  );
  // A role that may not make keyspaces may still bring one to its version.
  if (found.rowLength === 0) await client.define(makeKeyspace);
  await client.define(makeLock);
  await withSchemaLock(client, { keyspace, say, lockTimeoutMs }, async () => {
    for (const statement of makeNotes) await client.define(statement);
    await noteBucket(client, options);
    await migrate(client, options);
    await setRetention(client, options);
    if (options.hasReplicationSetting) await setReplication(client, options);
  });
}

async function noteBucket(client: SchemaClient, { plan: { keyspace, bucketMs }, say }: ApplyOptions): Promise<void> {
  const { rows } = await client.run(`SELECT value FROM ${keyspace}.schema_facts WHERE name = 'bucket_ms'`);
  const noted = rows[0]?.value;
  if (noted === undefined) {
    await client.run(`INSERT INTO ${keyspace}.schema_facts (name, value) VALUES ('bucket_ms', '${bucketMs}')`);
  } else if (Number(noted) !== bucketMs) {
    say(`the bucket stays at ${Number(noted) / 60_000} minutes, with which ${keyspace} was made`);
  }
}

async function migrate(client: SchemaClient, { plan, migrations, say }: ApplyOptions): Promise<void> {
  const { rows } = await client.run(`SELECT version, checksum FROM ${plan.keyspace}.schema_versions`);
  const checksums = new Map(rows.map((row) => [Number(row.version), String(row.checksum)]));
  for (const migration of migrations) {
    const { version, name, checksum } = migration;
    const noted = checksums.get(version);
    if (noted === checksum || WHOLE_FILE_CHECKSUMS.has(noted)) continue;
    if (noted !== undefined) {
      throw new SchemaError(
        `Expected ${name} as it was applied to ${plan.keyspace}, got other statements: undo the change and put it into a new file`,
      );
    }
    for (const statement of statementsOf(migration, plan)) await client.define(statement);
    const note = `INSERT INTO ${plan.keyspace}.schema_versions (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)`;
    await client.run(note, [version, name, checksum, new Date()], { prepare: true });
    say(`applied ${name}`);
  }
}

async function setRetention(client: SchemaClient, { plan, say }: ApplyOptions): Promise<void> {
  const { rows } = await client.run(
    `SELECT table_name, default_time_to_live, compaction FROM system_schema.tables WHERE keyspace_name = '${plan.keyspace}'`,
  );
  const seconds = retentionSecondsOf(plan);
  for (const row of rows) {
    if (row.default_time_to_live === 0 || row.default_time_to_live === seconds) continue;
    const isInWindows = String(row.compaction.get("class")).endsWith("TimeWindowCompactionStrategy");
    const compaction = isInWindows ? ` AND compaction = ${mapLiteral(windowsOf(plan.retentionMs))}` : "";
    await client.define(
      `ALTER TABLE ${plan.keyspace}.${row.table_name} WITH default_time_to_live = ${seconds}${compaction}`,
    );
    say(`${row.table_name} now keeps ${(seconds * 1000) / DAY_MS} days`);
  }
}

async function setReplication(client: SchemaClient, { plan, say }: ApplyOptions): Promise<void> {
  const { keyspace, replication } = plan;
  const { rows } = await client.run(
    `SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '${keyspace}'`,
  );
  const replicas = new Map<string, string>(rows[0]?.replication);
  replicas.delete("class");
  const wanted = Object.entries(replication);
  if (replicas.size === wanted.length && wanted.every(([name, factor]) => Number(replicas.get(name)) === factor))
    return;
  await client.define(`ALTER KEYSPACE ${keyspace} WITH replication = ${replicationOf(plan)}`);
  say(`${keyspace} is now replicated ${JSON.stringify(replication)}: run \`nodetool repair --full ${keyspace}\``);
}
